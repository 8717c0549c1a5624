import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildIfNeeded } from '../../../scripts/build.mjs';
import { Machine } from '../../../src/addons/machine.ts';
import { eventually, startCluster, type Cluster } from '../../e2e/support/cluster.ts';
import { buildPublished, freePort, kubeconfigOf, saying } from '../../support/published-program.ts';

const GROUP = 'wardle.example.com';
const VERSIONS = ['v1alpha1', 'v1beta1'];
/** ms: rounds of a minute are waited for, on a machine that others use too */
const PATIENCE = 300_000;

let cluster: Cluster;
let missing: string | undefined;
const children: ChildProcess[] = [];

const must = async (args: string, input?: string): Promise<string> => {
  const { code, stdout, stderr } = await cluster.kubectl(args, input);
  if (code !== 0) throw new Error(`kubectl ${args}: ${stderr}`);
  return stdout;
};
const start = async (binary: string, flags: Record<string, string>, words: string): Promise<void> => {
  const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
  const child = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  children.push(child);
  await saying(child, words);
};

/** Who it asks about its callers; what it must read itself. */
const rights = (binding: string, namespace: string, kind: string, name: string): object => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: `${namespace ? '' : 'Cluster'}RoleBinding`,
  metadata: { name: binding, ...(namespace && { namespace }) },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
  subjects: [{ kind: 'ServiceAccount', name: 'apiserver', namespace: 'wardle' }],
});
const place = { name: 'api', namespace: 'wardle' };
const objects = (port: number): object[] => [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'wardle' } },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'apiserver', namespace: 'wardle' } },
  rights('wardle-reviews', '', 'ClusterRole', 'system:auth-delegator'),
  rights('wardle-configuration', 'kube-system', 'Role', 'extension-apiserver-authentication-reader'),
  rights('wardle-reads', '', 'ClusterRole', 'view-all'),
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'view-all' },
    rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch'] }],
  },
  { apiVersion: 'v1', kind: 'Service', metadata: place, spec: { ports: [{ name: 'https', port: 443 }] } },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...place, labels: { 'kubernetes.io/service-name': 'api' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [new Machine({ now: () => 0 }).address()] }],
    ports: [{ name: 'https', port, protocol: 'TCP' }],
  },
  ...VERSIONS.map((version, i) => ({
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: `${version}.${GROUP}` },
    spec: {
      group: GROUP,
      version,
      service: place,
      insecureSkipTLSVerify: true,
      groupPriorityMinimum: 1000,
      versionPriority: 15 - i,
    },
  })),
];
const lines = (some: object[]): string => some.map((each) => JSON.stringify(each)).join('\n---\n');

beforeAll(async () => {
  await buildIfNeeded();
  const sample = await buildPublished('k8s.io/sample-apiserver', 'v0.35.4');
  const etcd = await buildPublished('go.etcd.io/etcd/server/v3', 'v3.6.5');
  if (typeof sample === 'string') return void (missing = sample);
  if (typeof etcd === 'string') return void (missing = etcd);
  cluster = await startCluster(['--nodes', 'simulated:1', '--addons', 'none']);
  const folder = path.join(cluster.data, 'sample');
  mkdirSync(folder);
  const [clients, peers, port] = [await freePort(), await freePort(), await freePort()];
  const [own, peer] = [clients, peers].map((each) => `http://127.0.0.1:${each}`) as [string, string];
  const urls = { 'listen-client-urls': own, 'advertise-client-urls': own, 'listen-peer-urls': peer };
  const more = { 'initial-advertise-peer-urls': peer, 'initial-cluster': `default=${peer}` };
  await start(
    etcd.binary,
    { 'data-dir': path.join(folder, 'etcd'), ...urls, ...more },
    'ready to serve client requests',
  );
  await must('apply -f -', lines(objects(port)));
  const [ca, kubeconfig] = [path.join(folder, 'ca.crt'), path.join(folder, 'kubeconfig')];
  await eventually(
    () => cluster.kubectl('-n wardle get configmap kube-root-ca.crt'),
    ({ code }) => code === 0,
    PATIENCE,
  );
  writeFileSync(ca, await must("-n wardle get configmap kube-root-ca.crt -o 'jsonpath={.data.ca\\.crt}'"));
  const token = (await must('-n wardle create token apiserver')).trim();
  writeFileSync(kubeconfig, kubeconfigOf(cluster.url, ca, token), { mode: 0o600 });
  const as = { kubeconfig, 'authentication-kubeconfig': kubeconfig, 'authorization-kubeconfig': kubeconfig };
  const where = { 'etcd-servers': own, 'cert-dir': folder, 'secure-port': String(port) };
  await start(sample.binary, { ...as, ...where }, 'Serving securely on ');
}, PATIENCE * 10);
afterAll(async () => {
  for (const child of children) child.kill();
  await cluster?.remove();
});

const named = (of: string): string =>
  JSON.stringify({
    apiVersion: `${GROUP}/v1alpha1`,
    kind: 'Flunder',
    metadata: { name: 'one', labels: { of } },
    spec: { reference: 'other' },
  });

it('the published sample-apiserver is an API like any other', async ({ skip }) => {
  if (missing) skip(missing);
  for (const version of VERSIONS)
    await eventually(
      () => must(`get apiservice ${version}.${GROUP} -o jsonpath={.status.conditions[0].status}`),
      (text) => text === 'True',
      PATIENCE,
    );
  await eventually(
    () => must('get --raw /openapi/v3'),
    (text) => VERSIONS.every((version) => text.includes(`"apis/${GROUP}/${version}"`)),
    PATIENCE,
  );
  expect(await must(`api-resources --api-group ${GROUP} --no-headers`)).toMatch(/^fischers .*\nflunders .*v1alpha1/);
  expect(await must('explain flunder.spec')).toMatch(/reference\s+<string>/);
  expect(await must(`explain flunder --api-version ${GROUP}/v1beta1`)).toContain('VERSION:    v1beta1');
  expect(await must('get --raw /openapi/v2')).toContain(`/apis/${GROUP}/v1alpha1/namespaces/{namespace}/flunders`);

  expect(await must('create -f -', named('first'))).toContain('created');
  const watched = cluster.kubectl('get flunders --watch --request-timeout 20s -o name');
  expect(await must('apply --server-side --force-conflicts -f -', named('second'))).toContain('serverside-applied');
  expect(await must('get flunders -l of=second -o name')).toBe(`flunder.${GROUP}/one\n`);
  const { code, stderr } = await cluster.kubectl('apply -f -', named('third').replace('"other"', '{}'));
  expect([code, stderr]).toEqual([1, expect.stringContaining('spec.reference')]);
  expect((await watched).stdout).toContain(`flunder.${GROUP}/one`);
  expect(await must('delete flunder one')).toContain('deleted');
});

it('is asked whether its caller may by its own', async ({ skip }) => {
  if (missing) skip(missing);
  const { code, stderr } = await cluster.kubectl('get flunders --as nobody');
  expect([code, stderr]).toEqual([1, expect.stringContaining('User "nobody" cannot list resource "flunders"')]);
});

it('is nowhere any more without its APIServices', async ({ skip }) => {
  if (missing) skip(missing);
  await must(`delete apiservice ${VERSIONS.map((version) => `${version}.${GROUP}`).join(' ')}`);
  for (const document of ['/apis', '/openapi/v3', '/openapi/v2'])
    expect(await must(`get --raw ${document}`)).not.toContain(GROUP);
});
