import { connect } from 'node:net';
import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startCluster, type Cluster } from './support/cluster.ts';

const WEB = `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: LoadBalancer
  selector: { app: web }
  ports: [{ name: http, port: 8080, targetPort: http, protocol: TCP }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      nodeSelector: { own: 'yes' }
      terminationGracePeriodSeconds: 1
      containers:
        - name: web
          image: node
          command: [node, -e, "require('http').createServer((_, r) => r.end(process.env.HOSTNAME)).listen(8080)"]
          env: [{ name: HOSTNAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }]
          ports: [{ name: http, containerPort: 8080 }]
          readinessProbe: { tcpSocket: { port: http }, periodSeconds: 1 }
`;
const BATCH = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: batch }
spec:
  replicas: 3
  selector: { matchLabels: { app: batch } }
  template:
    metadata: { labels: { app: batch } }
    spec:
      nodeSelector: { group: batch }
      containers: [{ name: c, image: x, resources: { requests: { cpu: '3' } } }]
`;
const GROUPS = 'batch:0-4,cpu=4,label=group=batch';

/** What is answered at an address, or that nothing is. */
const ask = (host: string): Promise<string> =>
  new Promise((resolve) => {
    get({ host, port: 8080, agent: false, timeout: 5000 }, (response) => {
      let text = '';
      response.on('data', (data: Buffer) => (text += data.toString()));
      response.on('end', () => resolve(text));
    })
      .on('timeout', (): void => undefined)
      .on('error', () => resolve('nothing'));
  });
const isOpen = (host: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(8080, host);
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });

describe('a cluster on a machine that is its own cloud', () => {
  let cluster: Cluster;
  const quick = ['--scan-interval', '1s', '--scale-down-unneeded-time', '1s', '--scale-down-delay-after-add', '1s'];
  beforeAll(async () => {
    const args = ['--load-balancer-range', '127.66.0.0/28', '--node-groups', GROUPS, ...quick];
    cluster = await startCluster(args);
    const { stdout } = await cluster.kubectl('get nodes -o jsonpath={.items[0].metadata.name}');
    expect((await cluster.kubectl(`label node ${stdout} own=yes`)).code).toBe(0);
  });
  afterAll(async () => {
    await cluster?.kubectl('delete deployment --all');
    await eventually(
      () => read('pods', '.items[*].metadata.name'),
      (left) => left === '',
    );
    await cluster?.remove();
  });

  const read = async (what: string, path: string): Promise<string> =>
    (await cluster.kubectl(`get ${what} -o jsonpath={${path}}`)).stdout;
  const address = (): Promise<string> => read('service web', '.status.loadBalancer.ingress[0].ip');

  it('answers at the address of a LoadBalancer Service, the same after a restart', async ({ skip }) => {
    expect((await cluster.kubectl('apply -f -', WEB)).code).toBe(0);
    const ip = await eventually(address, (text) => text !== '');
    expect(ip).toBe('127.66.0.1');
    expect(await read('service web', '.status.loadBalancer.ingress[0].ipMode')).toBe('Proxy');
    skip(!cluster.output().includes('own network'), 'pods have no network of their own here');
    expect((await cluster.kubectl('rollout status deployment web --timeout 120s')).code).toBe(0);
    const seen = new Set<string>();
    await eventually(
      async () => seen.add(await ask(ip)),
      () => [...seen].filter((name) => name.startsWith('web-')).length === 2,
    );
    await cluster.stop();
    expect(await ask(ip)).toBe('nothing');
    await cluster.restart();
    await eventually(
      () => ask(ip),
      (text) => text.startsWith('web-'),
    );
    expect(await address()).toBe(ip);
    expect((await cluster.kubectl('delete service web')).code).toBe(0);
    expect(await isOpen(ip)).toBe(false);
  });

  it('makes nodes for pods that fit nowhere, and takes them away again', async () => {
    const grouped = (): Promise<string> => read('nodes -l ku7s.io/node-group=batch', '.items[*].spec.providerID');
    expect((await cluster.kubectl('apply -f -', BATCH)).code).toBe(0);
    await eventually(
      () => read('deployment batch', '.status.readyReplicas'),
      (ready) => ready === '3',
    );
    const ids = (await grouped()).split(' ');
    expect(ids).toHaveLength(3);
    expect(ids.filter((id) => !id.startsWith('ku7s://batch/batch-'))).toEqual([]);
    await cluster.stop();
    await cluster.restart();
    expect((await cluster.kubectl('scale deployment batch --replicas 0')).code).toBe(0);
    await eventually(grouped, (left) => left === '');
    expect(await read('configmap cluster-autoscaler-status -n kube-system', '.data.status')).toContain('name: batch');
  });
});
