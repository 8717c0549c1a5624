import { expect, it } from 'vitest';
import type { Store, WatchHandlers } from '../../src/store/contract.ts';
import { FakeApi } from '../support/fake-api.ts';
import { MemoryStore } from '../support/memory-store.ts';

const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';

/** A store whose watch of definitions can fall behind: it tells nothing, and then that it is over. */
function fallingBehind(): { store: Store; behind: boolean; expire(): void } {
  const store = new MemoryStore();
  let latest: WatchHandlers | undefined;
  const result = { store, behind: false, expire: () => latest?.onEnd('expired') };
  const watch = store.watch.bind(store);
  store.watch = (scope, from, handlers) => {
    if (scope.resource !== DEFINITIONS) return watch(scope, from, handlers);
    latest = handlers;
    return watch(scope, from, {
      ...handlers,
      onEvents: (events) => {
        if (!result.behind) handlers.onEvents(events);
      },
    });
  };
  return result;
}

it('a definition that went while its watch was behind is not served any more', async () => {
  const feed = fallingBehind();
  const fake = await FakeApi.open({ store: feed.store });
  const definition = (plural: string, kind: string) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: 'example.com',
      scope: 'Cluster',
      names: { plural, singular: plural.slice(0, -1), kind, listKind: `${kind}List` },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  });
  await fake.give(definition('rocks', 'Rock'), definition('trees', 'Tree'));
  const { registry } = fake.api;
  await expect
    .poll(() => registry.preferred('rocks.example.com') && registry.preferred('trees.example.com'))
    .toBeTruthy();
  feed.behind = true;
  const stored = feed.store.get({ resource: DEFINITIONS, namespace: '', name: 'rocks.example.com' });
  await feed.store.commit({
    resource: DEFINITIONS,
    namespace: '',
    name: 'rocks.example.com',
    by: { user: 'another process', manager: '', verb: 'delete' },
    type: 'delete',
    expect: stored?.revision ?? 0,
  });
  expect(registry.preferred('rocks.example.com')).toBeDefined();
  feed.behind = false;
  feed.expire();
  expect([registry.preferred('rocks.example.com'), registry.preferred('trees.example.com')?.kind]).toEqual([
    undefined,
    'Tree',
  ]);
  await fake.api.close();
});
