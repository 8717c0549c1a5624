import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { View } from '../../../src/store/contract.ts';
import { FakeApi } from '../../support/fake-api.ts';
import { giveUniverse } from './universe.ts';

let fake: FakeApi;
beforeAll(async () => {
  fake = await FakeApi.open();
  await giveUniverse(fake);
});
afterAll(() => fake.close());

const run = async (query: string): Promise<{ data: unknown; errors?: unknown }> =>
  JSON.parse(
    String(await fake.graphql.executor.execute({ query, as: { user: 'admin', groups: ['system:masters'] } })),
  ) as { data: unknown; errors?: unknown };
const POD = 'pod(namespace: "a", name: "x"';

test('asOf of one field is not that of its sibling, and a mutation has the relations of after it', async () => {
  const before = fake.store.revision;
  const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'late', namespace: 'a' } };
  const owner = {
    apiVersion: 'v1',
    kind: 'Pod',
    name: 'x',
    uid: fake.store.get({ resource: 'pods', namespace: 'a', name: 'x' })!.uid,
  };
  await fake.give({ ...config, metadata: { ...config.metadata, ownerReferences: [owner] } });
  const owned = 'owned { items { metadata { name } } }';
  const late = { owned: { items: [{ metadata: { name: 'late' } }] } };
  expect((await run(`{ old: ${POD}, asOf: "${before}") { ${owned} } now: ${POD}) { ${owned} } }`)).data).toEqual({
    old: { owned: { items: [] } },
    now: late,
  });
  const patch = `patchPod(namespace: "a", name: "x", patch: { metadata: { labels: { app: "moved" } } }) { services { totalCount } ${owned} }`;
  expect((await run(`mutation { ${patch} }`)).data).toEqual({ patchPod: { services: { totalCount: 0 }, ...late } });
});

test('an owner of another namespace, or of another uid, is none', async () => {
  const { uid } = fake.store.get({ resource: 'configmaps', namespace: 'a', name: 'settings' })!;
  const of = (namespace: string, name: string, owner: string) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace,
      ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'settings', uid: owner }],
    },
  });
  await fake.give(of('default', 'forged', uid), of('a', 'stale', 'other'), of('a', 'true', uid));
  const { data } = await run(`{
    forged: configMap(namespace: "default", name: "forged") { owners { kind } }
    stale: configMap(namespace: "a", name: "stale") { owners { kind } }
    settings: configMap(namespace: "a", name: "settings") { owned { items { metadata { name } } } }
  }`);
  expect(data).toEqual({
    forged: { owners: [null] },
    stale: { owners: [null] },
    settings: { owned: { items: [{ metadata: { name: 'true' } }] } },
  });
});

test('what many objects lead to is read once', async () => {
  const lists: string[] = [];
  const { at } = fake.store;
  const spy = vi.spyOn(fake.store, 'at').mockImplementation((revision) => {
    const view = at.call(fake.store, revision);
    const list: View['list'] = (scope, having) => {
      lists.push(scope.resource);
      return view.list(scope, having);
    };
    return { revision, list, get: (key) => view.get(key), owned: (uid) => view.owned(uid) };
  });
  await run('{ pods { items { services { totalCount } events { totalCount } networkPolicies { totalCount } } } }');
  spy.mockRestore();
  expect(lists.sort()).toEqual(['events', 'networkpolicies.networking.k8s.io', 'services']);
});
