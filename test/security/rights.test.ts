import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { eventually, startCluster, type Cluster } from '../e2e/support/cluster.ts';
import { run } from '../e2e/support/tools.ts';
import { Asking, bearer, type Showing } from '../rest/rights/asking.ts';
import { opens, type Open } from '../rest/rights/opened.ts';

const RULES = `
apiVersion: v1
kind: Namespace
metadata: {name: a}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r, namespace: a}
rules: [{apiGroups: [''], resources: ['*', '*/*'], verbs: ['*']}]
`;
const binding = (account: string) => `
apiVersion: v1
kind: ServiceAccount
metadata: {name: ${account}, namespace: a}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: ${account}, namespace: a}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, name: ${account}, namespace: a}]
`;
const pod = (name: string, serviceAccountName = 'default') => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: a}
spec:
  serviceAccountName: ${serviceAccountName}
  terminationGracePeriodSeconds: 0
  containers: [{name: c, image: busybox, command: [sh, -c, 'echo a; exec sleep 600']}]
`;

let cluster: Cluster;
let server: Asking;
beforeAll(async () => {
  cluster = await startCluster(['--nodes', 'process:1']);
  const config = parse(readFileSync(cluster.kubeconfig, 'utf8')) as {
    clusters: { cluster: Record<string, string> }[];
  };
  const ca = Buffer.from(config.clusters[0]?.cluster['certificate-authority-data'] ?? '', 'base64').toString();
  server = new Asking(Number(new URL(cluster.url).port), ca);
  await kubectl('apply -f -', RULES);
  await kubectl('wait -n a --for=create serviceaccount/default');
  await kubectl('apply -f -', pod('p'));
  await kubectl('wait -n a --for=condition=Ready pod/p --timeout=120s');
});
afterAll(() => cluster?.remove());

async function kubectl(line: string, input?: string): Promise<string> {
  const { code, stdout, stderr } = await cluster.kubectl(line, input);
  if (code !== 0) throw new Error(`kubectl ${line}: ${stderr}`);
  return stdout;
}
async function account(name: string): Promise<string> {
  await kubectl('apply -f -', binding(name));
  return (await kubectl(`create token -n a ${name}`)).trim();
}

/** What needs no server of its own in the pod, and no other API server. */
const tried = opens.filter(([name]) => !/proxied|another API/.test(name));
const FORBIDDEN = { code: 403, reason: 'Forbidden' };
const UNAUTHORIZED = { code: 401, reason: 'Unauthorized' };

describe('what is open ends', () => {
  it.each<[string, (name: string) => Promise<Showing>, (name: string) => Promise<unknown>, object]>([
    [
      'with the binding',
      async (name) => bearer(await account(name)),
      (name) => kubectl(`delete rolebinding -n a ${name}`),
      FORBIDDEN,
    ],
    [
      'with the account',
      async (name) => bearer(await account(name)),
      (name) => kubectl(`delete serviceaccount -n a ${name}`),
      UNAUTHORIZED,
    ],
    [
      'with the pod of the token',
      async (name) => {
        await account(name);
        await kubectl('apply -f -', pod(name, name));
        const line = `create token -n a ${name} --bound-object-kind Pod --bound-object-name ${name}`;
        return bearer((await kubectl(line)).trim());
      },
      (name) => kubectl(`delete pod -n a ${name} --grace-period=0 --force`),
      UNAUTHORIZED,
    ],
    [
      'with the right to act for another',
      async (name) => {
        await account(`${name}-other`);
        return bearer(await boss(name), { 'impersonate-user': `system:serviceaccount:a:${name}-other` });
      },
      (name) => kubectl(`delete clusterrolebinding ${name}`),
      FORBIDDEN,
    ],
  ])('%s', async (what, show, take, expected) => {
    const name = what.split(' ').at(-1) ?? '';
    const showing = await show(name);
    const all = await Promise.all(tried.map(([, open]: [string, Open, unknown]) => open(server, showing)));
    await take(name);
    const since = performance.now();
    const endings = await Promise.all(
      all.map(async ({ ended }) => {
        const { code, reason } = await ended;
        return { code, reason, ms: Math.round(performance.now() - since) };
      }),
    );
    for (const [i, [label, , { says }]] of tried.entries()) {
      const { code, reason, ms } = endings[i] ?? { ms: 0 };
      console.log(`${label}, ${what}: ${code ?? 'cut'} after ${ms} ms`);
      expect({ label, code, reason }).toEqual({ label, ...(says ? expected : { code: undefined, reason: undefined }) });
    }
  });

  /** A token of one who may act for the other accounts. */
  async function boss(name: string): Promise<string> {
    await kubectl(`create serviceaccount -n a ${name}`);
    await kubectl(`create clusterrole ${name} --verb=impersonate --resource=serviceaccounts`);
    await kubectl(`create clusterrolebinding ${name} --clusterrole=${name} --serviceaccount=a:${name}`);
    return (await kubectl(`create token -n a ${name}`)).trim();
  }

  it('for kubectl too, which says why', async () => {
    const token = await account('kubectl');
    const ca = path.join(cluster.data, 'asking-ca.crt');
    writeFileSync(ca, server.ca);
    const as = ['--token', token, '-n', 'a', '--server', cluster.url, '--certificate-authority', ca];
    const script = 'echo yes >/tmp/begun; sleep 600';
    const session = run('kubectl', '/dev/null', [...as, 'exec', 'p', '--', 'sh', '-c', script]);
    const begun = () => cluster.kubectl('exec -n a p -- cat /tmp/begun');
    await eventually(begun, ({ stdout }) => stdout.includes('yes'));
    await kubectl('delete rolebinding -n a kubectl');
    const { code, stderr } = await session;
    console.log(`kubectl exec: ${stderr.trim()}`);
    expect([code, stderr]).toEqual([1, expect.stringContaining('is forbidden')]);
  });
});
