import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGraphQL, type GraphQLFacade } from '../../../src/resolvers/graphql.ts';
import { TestApi } from '../../api/support.ts';

const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';

let t: TestApi;
let graphql: GraphQLFacade;
beforeAll(async () => {
  t = await TestApi.open();
  graphql = createGraphQL({ api: t.api });
});
afterAll(async () => {
  await graphql.close();
  await t.close();
});

const definition = (plural: string, kind: string): object => ({
  metadata: { name: `${plural}.example.com` },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
});

interface Condition {
  type: string;
  status: string;
  reason: string;
  message: string;
}
function conditionOf(name: string): Condition | undefined {
  const stored = t.api.store.get({ resource: DEFINITIONS, namespace: '', name });
  const { status } = (stored?.object ?? {}) as { status?: { conditions?: Condition[] } };
  return status?.conditions?.find(({ type }) => type === 'GraphQL');
}
const wait = { timeout: 60_000 };

test('a kind whose names an older one has in GraphQL gets a condition, until that one goes', async () => {
  // the list of one is `sheepList`, as its plural is its singular; the plural of the other reads the same
  await t.create(DEFINITIONS, definition('sheep', 'Sheep'), '');
  await expect.poll(() => t.api.registry.preferred('sheep.example.com'), wait).toBeDefined();
  await t.create(DEFINITIONS, definition('sheeplist', 'SheepLis'), '');
  await expect
    .poll(() => conditionOf('sheeplist.example.com'), wait)
    .toMatchObject({
      status: 'False',
      reason: 'SchemaNotBuilt',
      message: 'example.com/v1 cannot be asked for over GraphQL: older definitions have its names',
    });
  expect(conditionOf('sheep.example.com')).toBeUndefined();
  const admin = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };
  const as = graphql.as({ user: admin, agent: 'test', warn: () => undefined });
  const answer = String(
    await as.execute({ query: '{ example_com { v1 { sheepList { items { kind } } } } pods { items { kind } } }' }),
  );
  expect(JSON.parse(answer)).toMatchObject({ data: { example_com: { v1: { sheepList: { items: [] } } } } });
  await t.delete(DEFINITIONS, 'sheep.example.com', {}, '');
  await expect.poll(() => conditionOf('sheeplist.example.com'), wait).toBeUndefined();
});

test('a kind that nobody has used is offered to who misspells it', async () => {
  await t.create(DEFINITIONS, definition('gadgets', 'Gadget'), '');
  await expect.poll(() => t.api.registry.preferred('gadgets.example.com'), wait).toBeDefined();
  const admin = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };
  const as = graphql.as({ user: admin, agent: 'test', warn: () => undefined });
  expect(String(await as.execute({ query: '{ gadgetz { items { kind } } }' }))).toContain('gadgets');
});
