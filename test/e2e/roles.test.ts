import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/store/embedded.ts';
import { eventually, startCluster, type Cluster } from './support/cluster.ts';
import { httpClient } from './support/http.ts';
import { nodeKubeconfig } from './support/node-credential.ts';
import { end, startRole, type Role } from './support/role.ts';

/** The same program over five processes: two API servers on one Postgres, and each loop on its own. */
describe('roles in processes of their own', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ku7s-roles-'));
  const loops: Role[] = [];
  let postgres: EmbeddedPostgres;
  let first: Cluster;
  let second: Cluster;

  beforeAll(async () => {
    postgres = await startEmbeddedPostgres({ dataDir: path.join(folder, 'postgres') });
    const api = ['--roles', 'api', '--encryption-key-file', path.join(folder, 'encryption-key')];
    first = await startCluster(api, { DATABASE_URL: postgres.url });
    second = await startCluster(api, { DATABASE_URL: postgres.url });
    loops.push(await startRole('controllers', second, folder));
    loops.push(await startRole('scheduler', second, folder));
    loops.push(await startRole('nodes', second, folder, '--nodes', 'simulated:2'));
  });
  afterAll(async () => {
    for (const loop of loops) await end(loop);
    await first?.remove();
    await second?.remove();
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  it('run a Deployment that was made at one API server and is watched at the other', async () => {
    const http = httpClient(second.kubeconfig);
    const from = (await http.request('GET', '/api/v1/namespaces/default/pods')).body.metadata.resourceVersion as string;
    expect((await first.kubectl('create deployment web --image=web:1 --replicas=3')).stderr).toBe('');
    const seen = new Set<string>();
    for await (const event of http.lines(
      `/api/v1/namespaces/default/pods?watch=true&resourceVersion=${from}&timeoutSeconds=60`,
    )) {
      if (event.object.status?.phase === 'Running') seen.add(event.object.metadata.name);
      if (seen.size === 3) break;
    }
    expect(seen.size).toBe(3);
    http.close();
  });

  it('lose nothing when one API server is killed', async () => {
    for (let n = 0; n < 20; n++) expect((await first.kubectl(`create configmap before-${n}`)).stderr).toBe('');
    const gone = new Promise((resolve) => first.process.once('exit', resolve));
    first.process.kill('SIGKILL');
    await gone;
    const names = (await second.kubectl('get configmaps -o name')).stdout;
    for (let n = 0; n < 20; n++) expect(names).toContain(`configmap/before-${n}\n`);
    expect((await second.kubectl('scale deployment/web --replicas=5')).stderr).toBe('');
    await eventually(
      async () => (await second.kubectl("get deployment web -o jsonpath='{.status.readyReplicas}'")).stdout,
      (text) => text.includes('5'),
    );
  });
});

/** A node that has no credential but its own: first with a node's rights, then with those that it is given. */
describe('a node in a process of its own, with its own credential', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ku7s-node-'));
  let cluster: Cluster;
  let node: Role | undefined;
  let ready = false;

  beforeAll(async () => {
    cluster = await startCluster(['--roles', 'api,controllers,scheduler']);
    const kubeconfig = await nodeKubeconfig(cluster, 'apart', path.join(folder, 'node.kubeconfig'));
    const more = ['--kubeconfig', kubeconfig, '--pods-on-stop', 'end'];
    node = await startRole('nodes', cluster, folder, ...more);
    ready = node.log().includes('"files":"own root"');
  });
  afterAll(async () => {
    if (node) await end(node);
    await cluster?.remove();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  const field = async (what: string, at: string) => (await cluster.kubectl(`get ${what} -o jsonpath={${at}}`)).stdout;

  it('is the node that its certificate names, and runs pods', async (test) => {
    if (!ready) return test.skip();
    const pod = 'run plain --image=busybox --restart=Never --command -- sh -c';
    expect((await cluster.kubectl(`${pod} 'echo ran; sleep 1000'`)).stderr).toBe('');
    await eventually(
      async () => (await cluster.kubectl('logs plain')).stdout,
      (text) => text === 'ran\n',
    );
    expect(await field('pod plain', '.spec.nodeName')).toBe('apart');
  });

  it('says what it has no right to, and sees no pods of others', async (test) => {
    if (!ready) return test.skip();
    const forbidden = await cluster.kubectl('auth can-i list pods --as=system:node:apart --as-group=system:nodes');
    expect(forbidden.stdout).toMatch(/^no\b/);
    const condition = '.status.conditions[?(@.type=="NetworkPolicyEnforced")].status';
    expect(await field('node apart', condition)).toBe('False');
    expect(node?.log()).toMatch(/endpointslices.*forbidden/);
  });

  it('serves Services, policies and claims once it is bound to ku7s:node-agent', async (test) => {
    if (!ready) return test.skip();
    const bind = 'create clusterrolebinding node-agents --clusterrole=ku7s:node-agent --group=system:nodes';
    expect((await cluster.kubectl(bind)).stderr).toBe('');
    expect((await cluster.kubectl('apply -f -', BOUND)).stderr).toBe('');
    await eventually(
      async () => (await cluster.kubectl('logs job/asks')).stdout,
      (text) => text.includes('answered'),
    );
    await eventually(
      async () => field('pvc kept', '.status.phase'),
      (phase) => phase === 'Bound',
    );
    if (!node?.log().includes('"services":"nftables"')) return;
    await eventually(
      async () => field('node apart', '.status.conditions[?(@.type=="NetworkPolicyEnforced")].status'),
      (status) => status === 'True',
    );
  });
});

const BOUND = `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: kept}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  volumes: [{name: kept, persistentVolumeClaim: {claimName: kept}}]
  containers:
    - name: c
      image: node
      command: [node, -e, "require('http').createServer((_, to) => to.end('answered')).listen(8080, process.env.POD_LISTEN)"]
      volumeMounts: [{name: kept, mountPath: /kept}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: batch/v1
kind: Job
metadata: {name: asks}
spec:
  backoffLimit: 100
  template:
    spec:
      restartPolicy: OnFailure
      containers:
        - name: c
          image: node
          command:
            - node
            - -e
            - |
              const ask = () => fetch('http://' + process.env.WEB_SERVICE_HOST + ':80')
                .then((got) => got.text()).then((text) => { console.log(text); process.exit(0); })
                .catch(() => setTimeout(ask, 500));
              process.env.WEB_SERVICE_HOST ? ask() : process.exit(1);
`;
