import { afterAll, beforeAll, expect, test } from 'vitest';
import { FakeApi } from '../../support/fake-api.ts';
import { giveUniverse } from './universe.ts';

let fake: FakeApi;
beforeAll(async () => {
  fake = await FakeApi.open();
  await giveUniverse(fake);
});
afterAll(() => fake.close());

interface Result {
  data: Record<string, unknown> | null;
  errors?: { message: string; path?: unknown }[];
  extensions?: { warnings?: string[] };
}
const run = async (query: string, user = 'admin', groups = ['system:masters']): Promise<Result> =>
  JSON.parse(String(await fake.graphql.executor.execute({ query, as: { user, groups } }))) as Result;

/** A field of the answer, which must have one. */
const part = <T>({ data }: Result, field: string): T => data![field] as T;

const of = (kind: string, name: string): string => `${kind}(namespace: "a", name: "${name}")`;
const wide = (kind: string, name: string): string => `${kind}(name: "${name}")`;
const NAME = '... on KubernetesObject { metadata { name } }';
type Named = { metadata: { name: string } } | null;

test.each([
  [of('pod', 'x'), 'node', 'n1'],
  [of('pod', 'x'), 'serviceAccount', 'default'],
  [of('pod', 'x'), 'configMaps', ['projected', 'settings']],
  [of('pod', 'x'), 'secrets', ['cert', 'password', 'pull']],
  [of('pod', 'x'), 'claims', ['data']],
  [of('pod', 'x'), 'services', ['web']],
  [of('pod', 'x'), 'networkPolicies', ['all']],
  [of('pod', 'x'), 'podDisruptionBudgets', ['web']],
  [of('pod', 'y'), 'podDisruptionBudgets', []],
  [of('pod', 'x'), 'endpointSlices', ['web-1']],
  [of('pod', 'x'), 'events', ['of-x']],
  [of('event', 'of-x'), 'about', 'x'],
  [of('event', 'of-an-older-x'), 'about', null],
  ['event(namespace: "default", name: "of-n1")', 'about', 'n1'],
  [wide('node', 'n1'), 'events', ['of-n1']],
  [wide('node', 'n1'), 'pods', ['x']],
  [wide('node', 'n1'), 'lease', 'n1'],
  [wide('node', 'n2'), 'lease', null],
  [wide('node', 'n1'), 'csiNode', 'n1'],
  ['lease(namespace: "kube-node-lease", name: "n1")', 'node', 'n1'],
  [of('service', 'web'), 'pods', ['x']],
  [of('service', 'web'), 'endpointSlices', ['web-1']],
  [of('service', 'web'), 'ingresses', ['front']],
  [of('endpointSlice', 'web-1'), 'service', 'web'],
  [of('endpointSlice', 'web-1'), 'pods', ['x']],
  [of('ingress', 'front'), 'services', ['web']],
  [of('ingress', 'front'), 'secrets', ['cert']],
  [of('ingress', 'front'), 'ingressClass', 'nginx'],
  [wide('ingressClass', 'nginx'), 'ingresses', ['front']],
  [of('networkPolicy', 'all'), 'pods', ['x', 'y']],
  [of('networkPolicy', 'none'), 'pods', []],
  [of('podDisruptionBudget', 'web'), 'pods', ['x']],
  [of('deployment', 'web'), 'replicaSets', ['web-1']],
  [of('deployment', 'web'), 'pods', ['x']],
  [of('deployment', 'web'), 'configMaps', ['settings']],
  [of('deployment', 'web'), 'horizontalPodAutoscalers', ['web']],
  [of('replicaSet', 'web-1'), 'deployment', 'web'],
  [of('horizontalPodAutoscaler', 'web'), 'target', 'web'],
  [of('cronJob', 'nightly'), 'jobs', ['nightly-1']],
  [of('job', 'nightly-1'), 'cronJob', 'nightly'],
  [of('configMap', 'settings'), 'pods', ['x', 'y']],
  [of('configMap', 'settings'), 'deployments', ['web']],
  [of('configMap', 'projected'), 'pods', ['x']],
  [of('configMap', 'settings'), 'usedBy', ['x', 'y', 'web', 'web-1']],
  [of('secret', 'pull'), 'serviceAccounts', ['robot']],
  [of('secret', 'cert'), 'ingresses', ['front']],
  [of('secret', 'cert'), 'usedBy', ['front', 'x']],
  [of('persistentVolumeClaim', 'data'), 'pods', ['x']],
  [of('persistentVolumeClaim', 'data'), 'deployments', ['web']],
  [of('persistentVolumeClaim', 'data'), 'volume', 'pv'],
  [of('persistentVolumeClaim', 'data'), 'storageClass', 'fast'],
  [wide('persistentVolume', 'pv'), 'claim', 'data'],
  [wide('persistentVolume', 'pv'), 'storageClass', 'fast'],
  [wide('storageClass', 'fast'), 'claims', ['data']],
  [wide('storageClass', 'fast'), 'volumes', ['pv']],
  [of('role', 'reader'), 'roleBindings', ['readers']],
  [of('roleBinding', 'readers'), 'role', 'reader'],
  [of('roleBinding', 'readers'), 'serviceAccounts', ['robot']],
  [wide('clusterRole', 'wide'), 'roleBindings', ['elsewhere']],
  [wide('clusterRole', 'wide'), 'clusterRoleBindings', ['everywhere']],
  [wide('clusterRoleBinding', 'everywhere'), 'role', 'wide'],
  [of('serviceAccount', 'robot'), 'roleBindings', ['elsewhere', 'readers']],
  [of('serviceAccount', 'robot'), 'clusterRoleBindings', ['everywhere']],
  [of('serviceAccount', 'robot'), 'namedSecrets', ['pull']],
  [of('serviceAccount', 'default'), 'pods', ['x', 'y']],
  [of('pod', 'x'), 'inNamespace', 'a'],
  [of('deployment', 'web'), 'owned', ['web-1']],
  [of('deployment', 'web'), 'owned(depth: 2)', ['web-1', 'x']],
  [of('deployment', 'web'), 'owned(depth: 2, resource: "pods")', ['x']],
  [wide('namespace', 'a'), 'contents(resource: "services")', ['web']],
] as [string, string, string | string[] | null][])('%s leads by %s to %j', async (root, field, expected) => {
  const many = Array.isArray(expected);
  const result = await run(`{ from: ${root} { to: ${field} { ${many ? `items { ${NAME} } totalCount` : NAME} } } }`);
  expect(result.errors).toBeUndefined();
  const { to } = part<{ to: Named & { items: Named[]; totalCount: number } }>(result, 'from');
  if (!many) return expect(to?.metadata.name ?? null).toBe(expected);
  expect(to.items.map((one) => one?.metadata.name).sort()).toEqual([...expected].sort());
  expect(to.totalCount).toBe(expected.length);
});

test('owners come nearest first, up to a depth', async () => {
  const result = await run(`{ ${of('pod', 'x')} { one: owners { ${NAME} } all: owners(depth: 5) { ${NAME} } } }`);
  const names = (list: unknown) => (list as Named[]).map((one) => one?.metadata.name);
  const { one, all } = part<Record<string, unknown>>(result, 'pod');
  expect([names(one), names(all)]).toEqual([['web-1'], ['web-1', 'web']]);
  const { errors } = await run(`{ ${of('pod', 'x')} { owners(depth: 11) { kind } } }`);
  expect(errors?.[0]?.message).toContain('depth must be between 1 and 10');
});

test('owners that one may not read are errors in their places, or are left out when those are asked for that one may', async () => {
  const rbac = 'rbac.authorization.k8s.io';
  await fake.give(
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name: 'pods-alone' },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'pods-alone' },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'pods-alone' },
      subjects: [{ kind: 'User', apiGroup: rbac, name: 'pods-alone' }],
    },
  );
  const ask = async (args: string) => run(`{ ${of('pod', 'x')} { owners${args} { ${NAME} } } }`, 'pods-alone', []);
  const refused = await ask('');
  expect(part<{ owners: unknown }>(refused, 'pod').owners).toEqual([null]);
  expect(refused.errors).toMatchObject([{ path: ['pod', 'owners', 0], extensions: { code: 403 } }]);
  const left = await ask('(depth: 5, readable: true)');
  expect(left.errors).toBeUndefined();
  expect(part<{ owners: unknown }>(left, 'pod').owners).toEqual([]);
});

test("a relation's list has the arguments of a list", async () => {
  const ask = async (args: string) => {
    const query = `{ ${of('networkPolicy', 'all')} { pods(${args}) { totalCount pageInfo { hasNextPage endCursor } items { ${NAME} } } } }`;
    const result = await run(query);
    if (result.errors) return result.errors[0]?.message;
    const { pods } = part<{
      pods: { totalCount: number; items: Named[]; pageInfo: { endCursor: string; hasNextPage: boolean } };
    }>(result, 'networkPolicy');
    return { ...pods, items: pods.items.map((one) => one?.metadata.name) };
  };
  expect(await ask('labelSelector: "app=web"')).toMatchObject({ totalCount: 1, items: ['x'] });
  expect(await ask('fieldSelector: "spec.nodeName=n2"')).toMatchObject({ totalCount: 1, items: ['y'] });
  expect(await ask('fieldSelector: "metadata.name=y"')).toMatchObject({ totalCount: 1, items: ['y'] });
  expect(await ask('where: { spec: { nodeName: { eq: "n1" } } }')).toMatchObject({ totalCount: 1, items: ['x'] });
  expect(await ask('orderBy: { metadata: { name: DESC } }')).toMatchObject({ totalCount: 2, items: ['y', 'x'] });
  const page = await ask('first: 1');
  expect(page).toMatchObject({ totalCount: 2, items: ['x'], pageInfo: { hasNextPage: true } });
  const { pageInfo } = page as { pageInfo: { endCursor: string } };
  expect(await ask(`first: 1, after: "${pageInfo.endCursor}"`)).toMatchObject({
    items: ['y'],
    pageInfo: { hasNextPage: false },
  });
  expect(await ask('first: 0')).toMatch(/first must be/);
});

test('a list of several kinds has pages too', async () => {
  const ask = async (args: string) => {
    const query = `{ ${of('configMap', 'settings')} { usedBy(${args}) { totalCount continue items { kind } } } }`;
    return part<{
      usedBy: { totalCount: number; continue: string | null; items: { kind: string }[] };
    }>(await run(query), 'configMap');
  };
  const kinds: string[] = [];
  let after: string | null = '';
  do {
    const { usedBy } = await ask(`first: 1, after: ${JSON.stringify(after)}`);
    expect(usedBy.totalCount).toBe(4);
    kinds.push(...usedBy.items.map(({ kind }) => kind));
    after = usedBy.continue;
  } while (after !== null);
  expect(kinds.sort()).toEqual(['Deployment', 'Pod', 'Pod', 'ReplicaSet']);
  expect((await ask('resource: "pods"')).usedBy.totalCount).toBe(2);
  expect((await ask('where: { metadata: { name: { eq: "web" } } }')).usedBy.items).toEqual([{ kind: 'Deployment' }]);
});
