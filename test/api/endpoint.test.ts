import { afterAll, beforeAll, expect, test } from 'vitest';
import { Facades } from './endpoints/facades.ts';
import { matrix } from './endpoints/matrix.ts';
import { seed } from './endpoints/seed.ts';
import { groupName, namesOf } from '../../src/resolvers/schema/names.ts';

let facades: Facades;
beforeAll(async () => {
  facades = await Facades.open();
  await seed(facades.test);
});
afterAll(() => facades.close());

test('resources, verbs and users: both façades serve what discovery tells of, and nothing else', async () => {
  const { deviations, untouched, counts } = await matrix(facades, ['nothing', 'status', 'exec']);
  process.stdout.write(`${counts}\n`);
  expect(deviations.slice(0, 20)).toEqual([]);
  expect(untouched).toBe(true);
});

test('typed fields of GraphQL pass the same gate', async () => {
  const kinds = facades.test.api.registry.all();
  const subresources = new Set(['nothing', ...kinds.flatMap(({ subresources: own }) => [...own.keys()])]);
  const before = await facades.test.api.store.fresh();
  const passed: string[] = [];
  // a version that is not preferred is asked for under its group
  const named = kinds.filter((kind) => !kind.custom || facades.test.api.registry.preferred(kind.storage.key) === kind);
  for (const kind of named.filter(({ verbs }) => verbs.includes('patch')))
    for (const subresource of subresources) {
      if (kind.subresources.get(subresource)?.verbs.includes('patch')) continue;
      const variables = { name: 'x', subresource, patch: {}, ...(kind.namespaced && { namespace: 't' }) };
      const field = `${kind.custom ? `${groupName(kind.group)}_` : ''}patch${namesOf(kind).kind}`;
      const { code } = await facades.gql('admin', { type: 'mutation', field, selected: '{ __typename }', variables });
      if (![404, 405].includes(code)) passed.push(`${field} ${subresource}: ${code}`);
    }
  expect(passed).toEqual([]);
  expect(await facades.test.api.store.fresh()).toBe(before);
});

/** Relations read other objects: each is asked for as by a request of its own. */
test.each([
  [
    'a resource that is not served',
    '{ namespace(name: "t") { contents(resource: "nothing") { items { kind } } } }',
    404,
  ],
  ['a question', '{ namespace(name: "t") { contents(resource: "bindings") { items { kind } } } }', 405],
  ['a kind of cluster scope', '{ namespace(name: "t") { contents(resource: "nodes") { items { kind } } } }', 404],
])('no relation to %s', async (_, query, code) => {
  expect((await facades.run('admin', query)).code).toBe(code);
  expect((await facades.run('anonymous', query)).code).toBe(403);
});
