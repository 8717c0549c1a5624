import 'reflect-metadata';
import { spawn } from 'node:child_process';
import { webcrypto } from 'node:crypto';
import { readdirSync, rmSync, writeFileSync, mkdirSync, mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as x509 from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startCluster, type Cluster } from './support/cluster.ts';
import { tool, type Ran } from './support/tools.ts';

const configMap = (name: string, data: Record<string, string>, labels?: Record<string, string>): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data });
const pod = (name: string): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers: [{ name: 'c', image: 'busybox' }] } });
const lines = (text: string): string[] => text.trim().split('\n').filter(Boolean);

/** Every verb of the real kubectl, with what it brings about. Each test has a namespace of its own. */
describe('kubectl verbs', () => {
  let cluster: Cluster;
  let folder: string;
  let count = 0;

  /** kubectl in a new namespace: `ok` gives what it printed and fails for an exit code, `fails` gives its complaint. */
  const namespace = async () => {
    const ns = `verbs-${++count}`;
    const run = (line: string, input?: string): Promise<Ran> => cluster.kubectl(`-n ${ns} ${line}`, input);
    const ok = async (line: string, input?: string): Promise<string> => {
      const { code, stdout, stderr } = await run(line, input);
      expect(code === 0 ? '' : `exit ${code}: ${stderr}${stdout}`, line).toBe('');
      return stdout;
    };
    const fails = async (line: string, input?: string): Promise<string> => {
      const { code, stderr } = await run(line, input);
      expect(code, line).not.toBe(0);
      return stderr;
    };
    const field = (what: string, at: string) => ok(`get ${what} -o jsonpath={${at}}`);
    await ok(`create namespace ${ns}`);
    return { ns, run, ok, fails, field };
  };
  const file = (name: string, text: string): string => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };
  /** Starts a kubectl that does not end by itself; resolves with its first output that `good` accepts, then ends it. */
  const until = (args: readonly string[], good: (text: string) => boolean, then?: (text: string) => Promise<void>) =>
    new Promise<string>((resolve, reject) => {
      const child = spawn(tool('kubectl'), args, { env: { ...process.env, KUBECONFIG: cluster.kubeconfig }, stdio: ['ignore', 'pipe', 'ignore'] });
      let text = '';
      let seen = false;
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (seen || !good(text)) return;
        seen = true;
        Promise.resolve(then?.(text)).then(() => resolve(text), reject).finally(() => child.kill());
      });
      child.once('exit', () => seen || reject(new Error(`ended with ${text}`)));
    });

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'ku7s-verbs-'));
    cluster = await startCluster(['--nodes', 'simulated:3']);
    const ready = async () => lines((await cluster.kubectl('get nodes --no-headers')).stdout);
    await eventually(ready, (nodes) => nodes.length === 3 && nodes.every((line) => /\sReady\s/.test(line)));
  });
  afterAll(async () => {
    await cluster?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it('create makes each kind that it has a generator for, and describe shows it', async () => {
    const { ns, ok, field } = await namespace();
    const made: readonly (readonly [string, string, string])[] = [
      ['deployment web --image=nginx --port=80', 'deployment/web', 'StrategyType:'],
      ['job once --image=busybox -- echo hi', 'job/once', 'Completions:'],
      ["cronjob often --image=busybox --schedule '*/5 * * * *' -- echo hi", 'cronjob/often', '*/5 * * * *'],
      ['job copied --from=cronjob/often', 'job/copied', 'cronjob.kubernetes.io/instantiate: manual'],
      ['secret generic plain --from-literal=a=b', 'secret/plain', 'Opaque'],
      ['secret docker-registry pull --docker-username=u --docker-password=p --docker-server=r', 'secret/pull', 'kubernetes.io/dockerconfigjson'],
      ['configmap settings --from-literal=a=b', 'configmap/settings', 'Data'],
      ['role reader --verb=get,list --resource=pods,deployments.apps', 'role/reader', 'deployments.apps'],
      ['rolebinding readers --role=reader --user=jo --serviceaccount=x:y', 'rolebinding/readers', 'ServiceAccount'],
      [`clusterrole ${ns}-logs --verb=get --non-resource-url=/logs`, `clusterrole/${ns}-logs`, '/logs'],
      [`clusterrolebinding ${ns}-logs --clusterrole=${ns}-logs --group=g`, `clusterrolebinding/${ns}-logs`, 'Group'],
      ['quota limits --hard=configmaps=9', 'quota/limits', 'configmaps'],
      ['poddisruptionbudget keep --selector=app=web --min-available=1', 'pdb/keep', 'Min available:'],
      [`priorityclass ${ns}-high --value=100 --description=high`, `priorityclass/${ns}-high`, 'PreemptLowerPriority'],
      ['ingress outside --rule=foo.com/bar*=web:80,tls=cert', 'ingress/outside', 'cert terminates foo.com'],
      ['service clusterip inside --tcp=80:80', 'service/inside', 'ClusterIP'],
      ['service nodeport port --tcp=80:80', 'service/port', 'NodePort:'],
      ['service loadbalancer balanced --tcp=80:80', 'service/balanced', 'LoadBalancer'],
      ['service externalname elsewhere --external-name=foo.com', 'service/elsewhere', 'foo.com'],
      ['serviceaccount robot', 'serviceaccount/robot', 'robot'],
    ];
    for (const [line, name, shown] of made) {
      expect(await ok(`create ${line}`), line).toContain('created');
      expect(await ok(`describe ${name}`), name).toContain(shown);
    }
    const [, claims] = (await ok('create token robot --duration=1h')).split('.');
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString()).sub).toBe(`system:serviceaccount:${ns}:robot`);
    await ok('wait job/once job/copied --for=condition=Complete --timeout=30s');
    await eventually(() => field('quota/limits', '.status.used.configmaps'), (used) => used === '2');
    await ok('rollout status deployment/web --timeout=30s');
    expect(await ok('describe pods -l app=web')).toContain('Successfully assigned');
    expect(await ok('describe rs,endpointslices,nodes')).toContain('Allocated resources:');
    await ok(`delete clusterrole/${ns}-logs clusterrolebinding/${ns}-logs priorityclass/${ns}-high`);
  });

  it('get prints in each format, selects, sorts and pages', async () => {
    const { ns, ok, fails, run } = await namespace();
    await ok('create deployment web --image=nginx --replicas=2');
    for (const name of ['b', 'a']) await ok('create -f -', configMap(name, { key: name }, { set: name }));
    await ok('rollout status deployment/web --timeout=30s');
    const pods = await ok('get pods -o wide');
    expect(pods).toMatch(/^NAME +READY +STATUS +RESTARTS +AGE +IP +NODE +NOMINATED NODE +READINESS GATES\n/);
    expect(pods.match(/ 1\/1 +Running +0 +\S+ +\d+(\.\d+){3} +node-\d /g)).toHaveLength(2);
    expect(JSON.parse(await ok('get deployment web -o json')).spec.replicas).toBe(2);
    expect(await ok('get deployment web -o yaml')).toContain('\n  replicas: 2\n');
    expect(await ok('get deployment web -o yaml')).not.toContain('managedFields');
    expect(await ok('get deployment web -o yaml --show-managed-fields')).toContain('manager: kubectl-create');
    expect(lines(await ok('get cm -l set -o name'))).toEqual(['configmap/a', 'configmap/b']);
    expect(await ok('get cm a -o jsonpath={.data.key}')).toBe('a');
    expect(await ok('get cm -l set -o go-template={{range.items}}{{.data.key}},{{end}}')).toBe('a,b,');
    expect(await ok('get cm -l set -o custom-columns=N:.metadata.name,K:.data.key')).toMatch(/^N +K\na +a\nb +b\n$/);
    expect(lines(await ok("get cm -l 'set in (b,c),!other' -o name"))).toEqual(['configmap/b']);
    expect(lines(await ok('get pods --field-selector status.phase!=Running -o name'))).toEqual([]);
    expect(lines(await ok('get cm --field-selector metadata.name=b -o name'))).toEqual(['configmap/b']);
    expect(await fails('get pods --field-selector foo=bar')).toContain('field label not supported: foo');
    expect(lines(await ok("get cm -l set --sort-by '{.metadata.resourceVersion}' -o name"))).toEqual(['configmap/b', 'configmap/a']);
    expect(await ok('get cm a --show-labels')).toMatch(/LABELS\na .* set=a\n/);
    expect(await ok('get cm a -L set')).toMatch(/SET\na .* a\n/);
    expect(await ok('get pods -A')).toMatch(new RegExp(`^NAMESPACE .*\n(.*\n)*${ns} `));
    const roles = lines(await ok('get clusterroles -o name'));
    expect(lines(await ok('get clusterroles -o name --chunk-size=5'))).toEqual(roles);
    expect(await ok('get all')).toContain('deployment.apps/web');
    expect(await ok('get --raw /readyz')).toBe('ok');
    expect(await fails('get cm none')).toBe('Error from server (NotFound): configmaps "none" not found\n');
    expect(await run('get cm none --ignore-not-found')).toMatchObject({ code: 0, stdout: '' });
    expect(await fails('get nothings')).toContain('the server doesn\'t have a resource type "nothings"');
  });

  it('get -w prints what changes', async () => {
    const { ns, ok } = await namespace();
    await ok('create -f -', configMap('watched', { a: '1' }));
    let changed = false;
    const seen = await until(['-n', ns, 'get', 'cm', '-w', '--output-watch-events', '-l', '!none'], (text) => {
      if (!changed && text.includes('ADDED      watched')) {
        changed = true;
        void ok('delete cm watched');
      }
      return text.includes('DELETED    watched');
    });
    expect(seen).toMatch(/^EVENT +NAME +DATA +AGE\n/);
  });

  it('edit, patch and replace change an object', async () => {
    const { ok, fails, field } = await namespace();
    await ok('create -f -', configMap('c', { greeting: 'hello' }));
    const before = process.env.KUBE_EDITOR;
    process.env.KUBE_EDITOR = 'sed -i s/hello/goodbye/';
    expect(await ok('edit cm c')).toContain('configmap/c edited');
    process.env.KUBE_EDITOR = 'true';
    expect((await cluster.kubectl('edit ns default')).stderr).toContain('no changes made');
    if (before === undefined) delete process.env.KUBE_EDITOR;
    else process.env.KUBE_EDITOR = before;
    expect(await field('cm/c', '.data.greeting')).toBe('goodbye');

    await ok('create deployment web --image=nginx');
    await ok(`patch deployment web --type=json -p '[{"op":"replace","path":"/spec/replicas","value":2}]'`);
    await ok(`patch deployment web --type=merge -p '{"metadata":{"labels":{"app":null,"tier":"front"}}}'`);
    await ok(`patch deployment web -p '{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"busybox"}]}}}}'`);
    expect(await field('deployment/web', '.spec.replicas}{.metadata.labels}{.spec.template.spec.containers[*].name')).toBe('2{"tier":"front"}side nginx');
    await ok(`patch deployment web --subresource=scale --type=merge -p '{"spec":{"replicas":3}}'`);
    expect(await ok('get deployment web --subresource=scale')).toMatch(/^NAME +DESIRED +AVAILABLE +AGE\nweb +3 +\d /);
    expect(await ok(`patch deployment web --type=merge -p '{"spec":{"replicas":3}}'`)).toContain('(no change)');
    expect(await fails(`patch deployment web --type=merge -p '{"spec":{"replicas":"x"}}'`)).toContain('cannot unmarshal string');

    const uid = await field('cm/c', '.metadata.uid');
    expect(await ok('replace -f -', configMap('c', { greeting: 'again' }))).toContain('configmap/c replaced');
    expect(await field('cm/c', '.metadata.uid}{.data.greeting')).toBe(`${uid}again`);
    expect(await ok('replace --force -f -', configMap('c', { greeting: 'anew' }))).toContain('configmap/c replaced');
    expect(await field('cm/c', '.metadata.uid}{.data.greeting')).toMatch(/anew$/);
    expect(await field('cm/c', '.metadata.uid')).not.toBe(uid);
  });

  it('delete takes what it is told to, and dependents as it is told to', async () => {
    const { ok, fails } = await namespace();
    const make = async (name: string) => {
      await ok(`create deployment ${name} --image=nginx`);
      await ok(`rollout status deployment/${name} --timeout=30s`);
    };
    const left = (name: string) => ok(`get deployments,rs,pods -l app=${name} -o name`);
    await make('orphans');
    await ok('delete deployment orphans --cascade=orphan');
    expect(lines(await left('orphans')).map((line) => line.split('/')[0])).toEqual(['replicaset.apps', 'pod']);
    await ok('delete rs -l app=orphans --cascade=foreground');
    expect(await left('orphans')).toBe('');
    await make('front');
    await ok('delete deployment front --cascade=foreground');
    expect(await left('front')).toBe('');
    await make('back');
    await ok('delete deployment back --cascade=background');
    await eventually(() => left('back'), (text) => text === '');
    for (const name of ['a', 'b', 'c']) await ok('create -f -', configMap(name, {}, { name }));
    expect(await ok('delete cm -l name=a')).toContain('configmap "a" deleted');
    expect(await ok('delete cm --all --wait=false')).toMatch(/"b" deleted[^]*"c" deleted/);
    expect(await fails('delete cm b')).toContain('NotFound');
    expect(await ok('delete cm b --ignore-not-found')).toBe('');
  });

  it('label, annotate and set change their part', async () => {
    const { ok, fails, field } = await namespace();
    await ok('create deployment web --image=nginx');
    await ok('create service clusterip web --tcp=80:80');
    await ok('create configmap conf --from-literal=KEY=value');
    await ok('create rolebinding rb --clusterrole=view --user=jo');
    await ok('label deployment web tier=front');
    expect(await fails('label deployment web tier=back')).toContain('--overwrite is false');
    await ok('label deployment web tier=back --overwrite');
    expect(await field('deployment/web', '.metadata.labels.tier')).toBe('back');
    await ok('label deployment web tier-');
    await ok('annotate deployment web note=1');
    expect(await field('deployment/web', '.metadata.labels}{.metadata.annotations.note')).toBe('{"app":"web"}1');
    await ok('set image deployment/web nginx=nginx:1.27');
    await ok('set env deployment/web A=b');
    await ok('set env deployment/web --from=configmap/conf');
    await ok('set resources deployment/web --limits=cpu=200m,memory=64Mi');
    await ok('set serviceaccount deployment/web robot');
    await ok('set selector service/web tier=front');
    await ok('set subject rolebinding/rb --group=readers');
    const { template } = JSON.parse(await ok('get deployment web -o json')).spec;
    expect(template.spec).toMatchObject({
      serviceAccountName: 'robot',
      containers: [{ image: 'nginx:1.27', resources: { limits: { cpu: '200m', memory: '64Mi' } }, env: [{ name: 'A', value: 'b' }, { name: 'KEY', valueFrom: { configMapKeyRef: { key: 'KEY', name: 'conf' } } }] }],
    });
    expect(await ok('set env deployment/web --list --resolve')).toContain('KEY=value');
    expect(JSON.parse(await field('service/web', '.spec.selector'))).toEqual({ tier: 'front' });
    expect(await field('rolebinding/rb', '.subjects[*].name')).toBe('jo readers');
  });

  it('rollout, scale, autoscale, expose and run', async () => {
    const { ok, fails, field } = await namespace();
    const status = (what: string) => ok(`rollout status ${what} --timeout=30s`);
    const image = () => field('deployment/web', '.spec.template.spec.containers[0].image');
    await ok('create deployment web --image=nginx:1 --replicas=2');
    expect(await status('deployment/web')).toContain('successfully rolled out');
    await ok('set image deployment/web nginx=nginx:2');
    await status('deployment/web');
    expect(lines(await ok('rollout history deployment/web')).slice(2)).toHaveLength(2);
    expect(await ok('rollout history deployment/web --revision=1')).toContain('nginx:1');
    await ok('rollout undo deployment/web --to-revision=1');
    await status('deployment/web');
    expect(await image()).toBe('nginx:1');
    await ok('rollout pause deployment/web');
    expect(await fails('rollout pause deployment/web')).toContain('already paused');
    await ok('set image deployment/web nginx=nginx:3');
    const current = async () => [...new Set((await field('pods -l app=web', '.items[*].spec.containers[0].image')).split(' '))];
    // Pods of the step before may still be ending; new ones do not come while it is paused.
    await eventually(current, (images) => images.join() === 'nginx:1');
    await ok('rollout resume deployment/web');
    await status('deployment/web');
    await ok('rollout restart deployment/web');
    await status('deployment/web');
    await eventually(current, (images) => images.join() === 'nginx:3');
    expect(await field('deployment/web', '.spec.template.metadata.annotations')).toContain('kubectl.kubernetes.io/restartedAt');

    expect(await fails('scale deployment/web --replicas=1 --current-replicas=5')).toContain('Expected replicas to be 5, was 2');
    await ok('scale deployment/web --replicas=3');
    await status('deployment/web');
    await ok('autoscale deployment/web --min=1 --max=4 --cpu=50%');
    expect(await ok('get hpa web')).toMatch(/Deployment\/web +cpu: <unknown>\/50% +1 +4 /);
    await ok('expose deployment/web --port=80 --target-port=8080');
    await eventually(() => field('endpointslices -l kubernetes.io/service-name=web', '.items[*].endpoints[*].addresses[0]'), (ips) => ips.split(' ').length === 3);
    expect(await ok('run single --image=nginx --port=80 --expose --labels=run=single')).toMatch(/service\/single created\npod\/single created/);
    await ok('wait pod/single --for=condition=Ready --timeout=30s');
    expect(await ok('run none --image=nginx --dry-run=client -o yaml')).toContain('run: none');
    expect(await ok('run none --image=nginx --dry-run=server -o name')).toBe('pod/none\n');
    expect(await fails('get pod none')).toContain('NotFound');
  });

  it('rolls daemon sets and stateful sets back too', async () => {
    const { ok, field } = await namespace();
    const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'busybox:1' }] } };
    const spec = { selector: { matchLabels: { app: 'x' } }, template };
    const make = (kind: string, more: object) => JSON.stringify({ apiVersion: 'apps/v1', kind, metadata: { name: 'x' }, spec: { ...spec, ...more } });
    await ok('create -f -', make('DaemonSet', {}));
    await ok('create -f -', make('StatefulSet', { serviceName: 'x', replicas: 2, selector: { matchLabels: { app: 'y' } }, template: { ...template, metadata: { labels: { app: 'y' } } } }));
    for (const what of ['daemonset/x', 'statefulset/x']) {
      await ok(`rollout status ${what} --timeout=30s`);
      await ok(`set image ${what} c=busybox:2`);
      await ok(`rollout status ${what} --timeout=30s`);
      expect(lines(await ok(`rollout history ${what}`)).slice(2), what).toHaveLength(2);
      await ok(`rollout undo ${what}`);
      await ok(`rollout status ${what} --timeout=30s`);
      expect(await field(what, '.spec.template.spec.containers[0].image')).toBe('busybox:1');
    }
    expect(await ok('describe daemonset/x')).toContain('Number of Nodes Scheduled with Available Pods: 3');
    expect(await ok('describe statefulset/x')).toContain('2 desired | 2 total');
  });

  it('apply merges on both sides, reports conflicts, prunes; diff shows what would change', async () => {
    const { ok, fails, field, run } = await namespace();
    const data = async (name: string) => JSON.parse(await field(`cm/${name}`, '.data'));
    expect(await ok('apply -f -', configMap('c', { a: '1', b: '2' }))).toContain('created');
    expect(await ok('apply -f -', configMap('c', { a: '1', b: '2' }))).toContain('unchanged');
    const next = configMap('c', { a: '1', c: '3' });
    const { code, stdout } = await run('diff -f -', next);
    expect(code).toBe(1);
    expect(stdout).toContain('-  b: "2"\n+  c: "3"\n');
    expect(await ok('apply -f - --dry-run=server', next)).toContain('configured (server dry run)');
    expect(await ok('apply -f - --dry-run=client', next)).toContain('configured (dry run)');
    expect(await data('c')).toEqual({ a: '1', b: '2' });
    await ok(`patch cm c --type=merge -p '{"data":{"other":"kept"}}'`);
    expect(await ok('apply -f -', next)).toContain('configured');
    expect(await data('c')).toEqual({ a: '1', c: '3', other: 'kept' });
    expect(await ok('apply view-last-applied cm c')).not.toContain('other');
    expect((await run('diff -f -', next)).code).toBe(0);

    expect(await ok('apply --server-side --field-manager=one -f -', configMap('s', { a: '1', b: '1' }))).toContain('serverside-applied');
    const two = configMap('s', { a: '2' });
    expect(await fails('apply --server-side --field-manager=two -f -', two)).toContain('Apply failed with 1 conflict: conflict with "one": .data.a');
    await ok('apply --server-side --field-manager=two --force-conflicts -f -', two);
    expect(await data('s')).toEqual({ a: '2', b: '1' });
    await ok('apply --server-side --field-manager=one -f -', configMap('s', {}));
    expect(await data('s')).toEqual({ a: '2' });

    const [p, q] = ['p', 'q'].map((name) => configMap(name, {}, { set: 'pruned' }));
    const prune = 'apply -f - --prune -l set=pruned --prune-allowlist=core/v1/ConfigMap';
    await ok(prune, `${p}\n${q}`);
    expect(await ok(prune, q)).toContain('configmap/p pruned');
    expect(await ok('get cm -l set=pruned -o name')).toBe('configmap/q\n');
  });

  it('auth says who one is and what one may do', async () => {
    const { ns, ok, run } = await namespace();
    await ok('create role r --verb=get,list --resource=pods');
    await ok('create rolebinding r --role=r --user=jo');
    expect(await ok('auth can-i delete nodes')).toBe('yes\n');
    expect(await ok('auth can-i list pods --as=jo')).toBe('yes\n');
    expect(await run('auth can-i delete pods --as=jo')).toMatchObject({ code: 1, stdout: 'no\n' });
    expect(await ok('auth can-i --list --as=jo')).toMatch(/\npods +\[] +\[] +\[get list]\n/);
    expect((await run('get secrets --as=jo')).stderr).toBe(
      `Error from server (Forbidden): secrets is forbidden: User "jo" cannot list resource "secrets" in API group "" in the namespace "${ns}"\n`,
    );
    const rules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['list'] }];
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'r', namespace: ns }, rules };
    const reconciled = await run('auth reconcile -f -', JSON.stringify(role));
    expect(`${reconciled.stdout}${reconciled.stderr}`).toContain('missing rules added');
    await eventually(() => run('auth can-i list secrets --as=jo'), ({ code }) => code === 0);
    expect(await ok('auth can-i list pods --as=jo')).toBe('yes\n');
    expect(await ok('auth whoami')).toMatch(/Username +kubernetes-admin\nGroups +\[system:masters system:authenticated]/);
    expect(await ok('auth whoami --as=jo --as-group=dev')).toMatch(/Username +jo\nGroups +\[dev system:authenticated]/);
  });

  it('certificate approves and denies', async () => {
    const { ns, ok, field } = await namespace();
    x509.cryptoProvider.set(webcrypto as never);
    const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
    const request = await x509.Pkcs10CertificateRequestGenerator.create({
      name: 'CN=alice, O=dev', keys, signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    });
    for (const name of [`${ns}-yes`, `${ns}-no`]) {
      const spec = { request: Buffer.from(request.toString('pem')).toString('base64'), signerName: 'example.com/client', usages: ['client auth'] };
      await ok('create -f -', JSON.stringify({ apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name }, spec }));
    }
    expect(await ok(`certificate approve ${ns}-yes`)).toContain('approved');
    expect(await ok(`certificate deny ${ns}-no`)).toContain('denied');
    expect(await field(`csr/${ns}-yes`, '.status.conditions[*].type')).toBe('Approved');
    expect(await ok(`get csr ${ns}-no`)).toMatch(/example.com\/client +kubernetes-admin +<none> +Denied/);
    expect(await ok(`describe csr ${ns}-yes`)).toMatch(/Common Name: +alice/);
  });

  it('tells what there is: api-resources, api-versions, explain, version, cluster-info, config', async () => {
    const { ns, ok, fails } = await namespace();
    expect(await ok('api-resources --api-group=apps')).toMatch(/\ndeployments +deploy +apps\/v1 +true +Deployment\n/);
    expect(lines(await ok('api-resources --namespaced=false -o name'))).toContain('nodes');
    expect(lines(await ok('api-versions'))).toEqual(expect.arrayContaining(['v1', 'apps/v1', 'batch/v1']));
    expect(await ok('explain deployment.spec.strategy')).toMatch(/KIND: +Deployment[^]*rollingUpdate\t<RollingUpdateDeployment>/);
    expect(await ok('explain pod --recursive')).toContain('      containerPort\t<integer> -required-');
    expect(await fails('explain pod.nothing')).toContain('field "nothing" does not exist');
    expect(await ok('version')).toMatch(/Server Version: v1\.35\./);
    expect(await ok('cluster-info')).toContain(cluster.url);
    await ok(`cluster-info dump --output-directory=${path.join(folder, 'dump')}`);
    expect(readdirSync(path.join(folder, 'dump'))).toEqual(expect.arrayContaining(['nodes.json', 'kube-system', ns]));
    expect(await ok('config view')).toContain('certificate-authority-data: DATA+OMITTED');
    expect(await ok('config current-context')).toBe('ku7s\n');
    expect(await fails('top nodes')).toBe('error: Metrics API not available\n');
    expect(await fails('top pods')).toBe('error: Metrics API not available\n');
  });

  it('waits for conditions, values and deletion, and shows events', async () => {
    const { ok, fails } = await namespace();
    await ok('create -f -', pod('p'));
    await ok('wait pod/p --for=condition=Ready --timeout=30s');
    await ok('wait pod/p --for=jsonpath={.status.phase}=Running --timeout=30s');
    const [gone] = await Promise.all([ok('wait pod/p --for=delete --timeout=30s'), ok('delete pod p')]);
    expect(gone).not.toContain('error');
    expect(await fails('wait deployment --all --for=condition=Available --timeout=1s')).toContain('no matching resources found');
    await ok('create deployment web --image=nginx');
    await ok('wait deployment/web --for=condition=Available --timeout=30s');
    expect(await fails('wait deployment/web --for=condition=Nothing --timeout=1s')).toContain('timed out waiting');
    expect(await ok('events --for=deployment/web')).toMatch(/Normal +ScalingReplicaSet +Deployment\/web/);
    expect(await ok('get events --field-selector involvedObject.kind=ReplicaSet')).toContain('SuccessfulCreate');
    await eventually(() => ok('events'), (text) => /Scheduled +Pod\/web-/.test(text));
  });

  it('builds and applies a kustomization', async () => {
    const { ok, field } = await namespace();
    mkdirSync(path.join(folder, 'kustomize'));
    file('kustomize/c.yaml', configMap('c', { a: '1' }));
    file('kustomize/kustomization.yaml', 'resources: [c.yaml]\nnamePrefix: my-\nconfigMapGenerator: [{name: made, literals: [x=1]}]\n');
    const at = path.join(folder, 'kustomize');
    expect(await ok(`kustomize ${at}`)).toContain('name: my-c');
    await ok(`apply -k ${at}`);
    expect(await field('cm/my-c', '.data.a')).toBe('1');
    expect(lines(await ok(`get -k ${at} -o name`))).toHaveLength(2);
    expect(lines(await ok(`delete -k ${at}`))).toHaveLength(2);
  });

  it('proxies a request', async () => {
    await until(['proxy', '--port=0'], (text) => text.includes('Serving') || text.includes('serve on'), async (text) => {
      const body = await fetch(`http://${/127\.0\.0\.1:\d+/.exec(text)?.[0]}/api/v1/namespaces/default`).then((r) => r.json());
      expect(body).toMatchObject({ kind: 'Namespace', metadata: { name: 'default' } });
    });
  });

  it('cordons, taints and drains a node', async () => {
    const { ok, fails, field } = await namespace();
    await ok('create deployment web --image=nginx --replicas=3');
    await ok('rollout status deployment/web --timeout=30s');
    await ok('cordon node-2');
    expect(await ok('get node node-2')).toContain('Ready,SchedulingDisabled');
    await ok('uncordon node-2');
    expect(await field('node/node-2', '.spec.unschedulable')).toBe('');
    await ok('taint nodes node-2 k=v:PreferNoSchedule');
    expect(await ok('describe node node-2')).toContain('k=v:PreferNoSchedule');
    await ok('taint nodes node-2 k-');
    await ok('create -f -', pod('bare'));
    await ok('wait pod/bare --for=condition=Ready --timeout=30s');
    const node = await field('pod/bare', '.spec.nodeName');
    expect(await fails(`drain ${node} --ignore-daemonsets --timeout=30s`)).toContain('use --force to override');
    expect(await ok(`drain ${node} --ignore-daemonsets --force --timeout=30s`)).toContain('drained');
    await ok('rollout status deployment/web --timeout=30s');
    expect(await field('pods', '.items[*].spec.nodeName')).not.toContain(node);
    await ok(`uncordon ${node}`);
  });
});
