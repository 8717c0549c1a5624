import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { User } from '../../../src/api/contract.ts';
import type { KubeObject } from '../../../src/meta/object.ts';
import { TestGraphQL } from '../mutations/support.ts';

const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';
const wait = { timeout: 60_000 };

let g: TestGraphQL;
beforeAll(async () => {
  g = await TestGraphQL.open();
  await define('cluster', {});
  await define('machine', {
    'ku7s.io/references': JSON.stringify([
      { path: 'spec.clusterRef.name', resource: 'clusters.example.com', field: 'cluster', back: 'machines' },
      { path: 'spec.secretName', resource: 'secrets', field: 'secret', back: 'machines' },
      { path: 'spec.disks[].claim', resource: 'persistentvolumeclaims', field: 'claims', back: 'machines' },
      {
        path: 'spec.away.name',
        namespacePath: 'spec.away.namespace',
        resource: 'configmaps',
        field: 'away',
        back: 'machines',
      },
    ]),
  });
  await g.t.create('namespaces', { metadata: { name: 'other' } }, '');
  await g.t.create('secrets', { metadata: { name: 'key' } });
  await g.t.create('configmaps', { metadata: { name: 'far' } }, 'other');
  await g.t.create('configmaps', { metadata: { name: 'far' } });
  for (const name of ['disk-a', 'disk-b'])
    await g.t.create('persistentvolumeclaims', {
      metadata: { name },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
  await g.t.create('clusters.example.com', { metadata: { name: 'c1' } });
  // of the same name in another namespace: nobody's
  await g.t.create('clusters.example.com', { metadata: { name: 'c1' } }, 'other');
  await machine('m1', {
    clusterRef: { name: 'c1' },
    secretName: 'key',
    disks: [{ claim: 'disk-b' }, { claim: 'disk-a' }, { claim: 'gone' }, {}],
    away: { name: 'far', namespace: 'other' },
  });
  await machine('m2', { clusterRef: { name: 'c1' }, secretName: 'forged', away: { name: 'far' } });
  await machine('m3', { clusterRef: { name: 'gone' } });
});
afterAll(() => g.close());

async function define(kind: string, annotations: Record<string, string>): Promise<void> {
  const plural = `${kind}s`;
  const name = `${plural}.example.com`;
  await g.t.create(
    DEFINITIONS,
    {
      metadata: { name, annotations },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural, singular: kind, kind: `${kind[0]?.toUpperCase()}${kind.slice(1)}` },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    },
    '',
  );
  await vi.waitFor(() => expect(g.t.api.registry.preferred(name)).toBeDefined(), wait);
}
const machine = (name: string, spec: object): Promise<unknown> =>
  g.t.create('machines.example.com', { metadata: { name }, spec });

const NAME = 'metadata { namespace name }';
const at = (name: string, namespace = 't'): object => ({ metadata: { namespace, name } });

test('a custom kind leads to custom and built-in kinds, and what is not there is null', async () => {
  const { m1, m3 } = await g.data<Record<string, unknown>>(`{
    m1: machine(namespace: "t", name: "m1") {
      cluster { ${NAME} } secret { ${NAME} } away { ${NAME} } claims { totalCount items { ${NAME} } }
    }
    m3: machine(namespace: "t", name: "m3") { cluster { ${NAME} } secret { ${NAME} } claims { totalCount } }
  }`);
  expect(m1).toEqual({
    cluster: at('c1'),
    secret: at('key'),
    away: at('far', 'other'),
    claims: { totalCount: 2, items: [at('disk-a'), at('disk-b')] },
  });
  expect(m3).toEqual({ cluster: null, secret: null, claims: { totalCount: 0 } });
});

test('and back: by the declared field from custom kinds, by usedBy from all', async () => {
  const { cluster, other, secret, claim, here, away } = await g.data<Record<string, unknown>>(`{
    cluster(namespace: "t", name: "c1") {
      machines(first: 1, orderBy: [{ metadata: { name: DESC } }]) { totalCount items { ${NAME} } pageInfo { hasNextPage } }
      usedBy { totalCount }
    }
    other: cluster(namespace: "other", name: "c1") { machines { totalCount } usedBy { totalCount } }
    secret(namespace: "t", name: "key") { usedBy(resource: "machines.example.com") { items { kind ${NAME} } } }
    claim: persistentVolumeClaim(namespace: "t", name: "disk-a") { usedBy { items { kind ${NAME} } } }
    here: configMap(namespace: "t", name: "far") { usedBy { items { ${NAME} } } }
    away: configMap(namespace: "other", name: "far") { usedBy { items { ${NAME} } } }
  }`);
  expect(cluster).toEqual({
    machines: { totalCount: 2, items: [at('m2')], pageInfo: { hasNextPage: true } },
    usedBy: { totalCount: 2 },
  });
  expect(other).toEqual({ machines: { totalCount: 0 }, usedBy: { totalCount: 0 } });
  expect(secret).toEqual({ usedBy: { items: [{ kind: 'Machine', ...at('m1') }] } });
  expect(claim).toEqual({ usedBy: { items: [{ kind: 'Machine', ...at('m1') }] } });
  expect(here).toEqual({ usedBy: { items: [at('m2')] } });
  expect(away).toEqual({ usedBy: { items: [at('m1')] } });
});

test('a list of many, filtered through them by groups', async () => {
  const { machines, machinesAggregate } = await g.data<Record<string, unknown>>(`{
    machines(namespace: "t") { items { ${NAME} cluster { ${NAME} } } }
    machinesAggregate(namespace: "t", groupBy: [{ cluster: { metadata: { name: ASC } } }]) { groups { by count } }
  }`);
  expect(machines).toEqual({
    items: [
      { ...at('m1'), cluster: at('c1') },
      { ...at('m2'), cluster: at('c1') },
      { ...at('m3'), cluster: null },
    ],
  });
  expect(machinesAggregate).toEqual({
    groups: [
      { by: ['c1'], count: 2 },
      { by: [null], count: 1 },
    ],
  });
});

test('at another time they are what they were', async () => {
  await g.t.create('clusters.example.com', { metadata: { name: 'c2' } });
  const { object } = await g.t.get('machines.example.com', 'm3');
  await g.t.merge('machines.example.com', 'm3', { spec: { clusterRef: { name: 'c2' } } });
  const asOf = `asOf: "${object.metadata.resourceVersion}"`;
  // the revision of m3 is older than c2, and than m3's way to it
  const { now, then, back } = await g.data<Record<string, unknown>>(`{
    now: machine(namespace: "t", name: "m3") { cluster { ${NAME} } }
    then: machine(namespace: "t", name: "m3", ${asOf}) { cluster { ${NAME} } }
    back: cluster(namespace: "t", name: "c1", ${asOf}) { machines { totalCount } }
  }`);
  expect([now, then, back]).toEqual([{ cluster: at('c2') }, { cluster: null }, { machines: { totalCount: 2 } }]);
});

describe('each edge needs its own right', () => {
  const kim: User = { name: 'kim', groups: ['system:authenticated'] };
  beforeAll(async () => {
    await g.t.create(
      'clusterroles.rbac.authorization.k8s.io',
      {
        metadata: { name: 'kim' },
        rules: [{ apiGroups: ['example.com'], resources: ['machines'], verbs: ['get', 'list'] }],
      },
      '',
    );
    await g.t.create('rolebindings.rbac.authorization.k8s.io', {
      metadata: { name: 'kim' },
      subjects: [{ kind: 'User', name: 'kim' }],
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'kim' },
    });
  });

  test('there', async () => {
    const query = `{ machines(namespace: "t") { items { ${NAME} cluster { ${NAME} } secret { ${NAME} } away { ${NAME} } } } }`;
    const { data, errors } = await g.run<{ machines: { items: object[] } }>(query, {}, kim);
    expect(data.machines.items).toEqual(
      ['m1', 'm2', 'm3'].map((name) => ({ ...at(name), cluster: null, secret: null, away: null })),
    );
    // one that is not there and one that is are refused alike
    const secrets = errors?.filter(({ path }) => path?.includes('secret')) ?? [];
    expect(secrets.map(({ extensions }) => extensions.code)).toEqual([403, 403]);
    expect(secrets.map(({ message }) => message.replace(/"(key|forged)"/, 'it'))).toEqual(
      Array(2).fill(secrets[0]?.message.replace(/"(key|forged)"/, 'it')),
    );
  });

  test('and back', async () => {
    const lee: User = { name: 'lee', groups: ['system:authenticated'] };
    await g.t.create('roles.rbac.authorization.k8s.io', {
      metadata: { name: 'lee' },
      rules: [{ apiGroups: ['example.com', ''], resources: ['clusters', 'secrets'], verbs: ['get'] }],
    });
    await g.t.create('rolebindings.rbac.authorization.k8s.io', {
      metadata: { name: 'lee' },
      subjects: [{ kind: 'User', name: 'lee' }],
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'lee' },
    });
    const { data, errors } = await g.run<Record<string, unknown>>(
      `{
        cluster(namespace: "t", name: "c1") { ${NAME} machines { totalCount } }
        secret(namespace: "t", name: "key") { usedBy { totalCount } }
      }`,
      {},
      lee,
    );
    expect(data).toEqual({ cluster: { ...at('c1'), machines: null }, secret: { usedBy: { totalCount: 0 } } });
    expect(errors?.map(({ path, extensions }) => [path?.join('.'), extensions.code])).toEqual([
      ['cluster.machines', 403],
    ]);
  });
});

describe('what is wrong with a declaration is a condition of the definition', () => {
  interface Condition {
    type: string;
    status: string;
    reason: string;
    message: string;
  }
  const conditionOf = async (name: string): Promise<Condition | undefined> => {
    const { object } = await g.t.get(DEFINITIONS, name, '');
    const { status } = object as KubeObject & { status?: { conditions?: Condition[] } };
    return status?.conditions?.find(({ type }) => type === 'GraphQL');
  };

  test('and goes when it is mended; what is right of it works meanwhile', async () => {
    await define('rack', {
      'ku7s.io/references': JSON.stringify([
        { path: 'spec..x', resource: 'secrets', field: 'secret' },
        { path: 'spec.secret', resource: 'secrets', field: 'secret' },
        { path: 'spec.room', resource: 'rooms.example.com', field: 'room', back: 'racks' },
      ]),
    });
    await expect
      .poll(() => conditionOf('racks.example.com'), wait)
      .toMatchObject({
        status: 'False',
        reason: 'ReferencesNotUnderstood',
        message:
          'ku7s.io/references[0]: path: it must lead to a name: `spec.clusterRef.name`, `spec.refs[].name`; ku7s.io/references: there is no resource rooms.example.com',
      });
    await g.t.create('racks.example.com', { metadata: { name: 'r' }, spec: { secret: 'key', room: 'one' } });
    const secret = `{ rack(namespace: "t", name: "r") { secret { ${NAME} } } }`;
    expect(await g.data(secret)).toEqual({ rack: { secret: at('key') } });
    // what it refers to may come later
    await define('room', {});
    await g.t.create('rooms.example.com', { metadata: { name: 'one' } });
    await expect
      .poll(async () => (await conditionOf('racks.example.com'))?.message, wait)
      .not.toContain('rooms.example.com');
    const room = `{ room(namespace: "t", name: "one") { racks { items { ${NAME} room { ${NAME} } } } } }`;
    expect(await g.data(room)).toEqual({ room: { racks: { items: [{ ...at('r'), room: at('one') }] } } });
    await g.t.merge(
      DEFINITIONS,
      'racks.example.com',
      { metadata: { annotations: { 'ku7s.io/references': null } } },
      '',
    );
    await expect.poll(() => conditionOf('racks.example.com'), wait).toBeUndefined();
  });
});
