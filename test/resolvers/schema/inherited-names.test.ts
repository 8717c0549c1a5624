import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { FakeApi } from '../../support/fake-api.ts';
import { PATIENCE_MS } from '../../support/patience.ts';

const NAMES = ['constructor', 'toString', 'valueOf', 'hasOwnProperty', '__proto__', 'plain'];
const FIELDS = ['constructor', 'toString', 'valueOf', 'hasOwnProperty', '_proto__', 'plain'];
const PLURAL = 'odds.example.com';
const string = { type: 'string' };
const properties = Object.fromEntries(NAMES.map((name) => [name, string]));
const maps = Object.fromEntries(NAMES.map((name) => [name, { type: 'object', additionalProperties: string }]));
const openAPIV3Schema = {
  type: 'object',
  properties: { spec: { type: 'object', properties }, maps: { type: 'object', properties: maps } },
};

let api: FakeApi;
beforeAll(async () => {
  api = await FakeApi.open();
  await api.give({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: PLURAL },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'odds', singular: 'odd', kind: 'Odd' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  });
  await vi.waitFor(() => expect(api.api.registry.preferred(PLURAL)).toBeDefined(), { timeout: PATIENCE_MS });
  const spec = Object.fromEntries(NAMES.map((name) => [name, `its ${name}`]));
  const of = Object.fromEntries(NAMES.map((name) => [name, { a: name }]));
  for (const [name, rest] of Object.entries({ empty: { spec: {}, maps: {} }, full: { spec, maps: of } }))
    await api.give({ apiVersion: 'example.com/v1', kind: 'Odd', metadata: { name, namespace: 'default' }, ...rest });
});
afterAll(() => api.close());

const selection = `spec { ${FIELDS.join(' ')} } maps { ${FIELDS.map((name) => `${name} { value } ${name}JSON`).join(' ')} }`;
const read = async (name: string, directive = ''): Promise<any> =>
  (
    await api.client.query<any>(
      `{ odd(namespace: "default", name: "${name}") { metadata${directive} { name } ${selection} } }`,
      {},
    )
  ).odd;

// compiled, and by graphql-js
test.each(['', ' @include(if: true)'])('what all objects inherit is no property of any%s', async (directive) => {
  const { spec, maps: empty } = await read('empty', directive);
  expect(spec).toEqual(Object.fromEntries(FIELDS.map((name) => [name, null])));
  expect(Object.values(empty)).toEqual(Array(2 * FIELDS.length).fill(null));
  const full = await read('full', directive);
  for (const [i, name] of FIELDS.entries()) {
    expect(full.spec[name]).toBe(`its ${NAMES[i]}`);
    expect(full.maps[name]).toEqual([{ value: NAMES[i] }]);
    expect(full.maps[`${name}JSON`]).toEqual({ a: NAMES[i] });
  }
});

test.each(FIELDS)('%s is the same name in filters, orders and inputs', async (name) => {
  const where = `where: { spec: { ${name}: { exists: true } } }, orderBy: [{ spec: { ${name}: DESC } }]`;
  const { odds } = await api.client.query<any>(`{ odds(${where}) { items { metadata { name } } } }`, {});
  expect(odds.items).toEqual([{ metadata: { name: 'full' } }]);
  const create = `createOdd(namespace: "default", dryRun: true, input: { metadata: { name: "new" }, spec: { ${name}: "x" } })`;
  const { createOdd } = await api.client.query<any>(`mutation { ${create} { spec { ${name} } } }`, {});
  expect(createOdd.spec).toEqual({ [name]: 'x' });
});
