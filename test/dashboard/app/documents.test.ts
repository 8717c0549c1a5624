import { readFileSync } from 'node:fs';
import { buildSchema, parse, validate } from 'graphql';
import { describe, expect, it, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { columnsOf, extraFields, isPath } from '../../../dashboard/app/list/columns.ts';
import { plainText } from '../../../dashboard/app/object/plain-text.ts';
import { labelsIn } from '../../../dashboard/app/object/label-action.ts';
import type { Kind } from '../../../dashboard/app/server/kind.ts';
import { liveDocument, pastDocument } from '../../../dashboard/app/server/objects.ts';
import { isRounded } from '../../../dashboard/app/shared/yaml.ts';
import { clustersIn } from '../../../dashboard/app/shell/clusters-in.ts';
import { textsAt } from '../../../dashboard/app/shared/value-at.ts';
import { amountOf } from '../../../dashboard/app/shared/quantity.ts';
import { ageOf } from '../../../dashboard/app/shared/age-of.ts';
import { sortRows } from '../../../dashboard/app/list/sort-rows.ts';
import { createRegistry } from '../../../src/kinds/registry.ts';
import { namesOf } from '../../../src/resolvers/schema/names.ts';

const schema = buildSchema(readFileSync(new URL('../../../schema/schema.graphql', import.meta.url), 'utf8'));
const registry = createRegistry();
const kinds = registry
  .all()
  .filter((kind) => registry.preferred(kind.storage.key) === kind && kind.verbs.includes('watch') && !kind.convert)
  .map((kind): [string, Kind] => [
    kind.storage.key,
    { ...kind, ...namesOf(kind), resource: kind.storage.key, subresources: [], rights: [] } as unknown as Kind,
  ]);

describe('documents that are made for a kind', () => {
  test.each(kinds)('%s', (_, kind) => {
    const extra = extraFields(['metadata.generation', 'metadata.name']);
    for (const document of [liveDocument(kind), pastDocument(kind, extra)])
      expect(validate(schema, parse(document))).toEqual([]);
  });
});

test('columns are those of kubectl, the namespace, and fields by their paths', () => {
  const kind = {
    namespaced: true,
    columns: [
      { name: 'Name', description: '', priority: 0 },
      { name: 'Status', description: '', priority: 0 },
      { name: 'IP', description: '', priority: 1 },
    ],
  } as unknown as Kind;
  const columns = columnsOf(kind, ['spec.nodeName']);
  expect(columns.map(({ id, usual }) => [id, usual])).toEqual([
    ['Name', true],
    ['Namespace', true],
    ['Status', true],
    ['IP', false],
    ['spec.nodeName', true],
  ]);
  const row = { metadata: { namespace: 'a' }, cells: ['web', 'Running', '::1'], x0: { nodeName: 'n1' } } as never;
  expect(columns.map(({ value }) => value(row))).toEqual(['web', 'a', 'Running', '::1', 'n1']);
});

test.each([
  ['spec.nodeName', true],
  ['Name', false],
  ['spec.{x}', false],
  ['a.b) { evil', false],
])('%s is a path: %s', (text, is) => expect(isPath(text)).toBe(is));

test('rows by a column, numbers by their size, what is empty last', () => {
  const column = { value: ({ cells: [cell] }: { cells: readonly unknown[] }) => cell } as never;
  const rows = [10, null, 9, '<none>'].map((cell) => ({ cells: [cell] })) as never;
  expect(sortRows(rows, column, 'ASC').map(({ cells }) => cells[0])).toEqual([9, 10, null, '<none>']);
  expect(sortRows(rows, column, 'DESC').map(({ cells }) => cells[0])).toEqual([10, 9, null, '<none>']);
});

describe('labels as kubectl label has them', () => {
  it('are set and taken away', () => expect(labelsIn('a=b c- x/y=')).toEqual({ a: 'b', c: null, 'x/y': '' }));
  test.each(['=b', '-', 'word'])('%s is none', (text) => expect(() => labelsIn(text)).toThrow(/key=value/));
});

test.each<[unknown, string, string[]]>([
  [{ a: { b: 1 } }, 'a.b', ['1']],
  [{ a: [{ b: 'x' }, { b: 'y' }, {}] }, 'a.b', ['x', 'y']],
  [{ a: { k: 'v', l: 'w' } }, 'a', ['k=v, l=w']],
  [{}, 'a.b', []],
])('the texts of %j at %s', (object, path, texts) => expect(textsAt(object, path)).toEqual(texts));

test.each([
  [119, '119s'],
  [125, '2m5s'],
  [3600 * 2, '120m'],
  [3600 * 3 + 60, '3h1m'],
  [86400 * 3 + 3600, '3d1h'],
])('%d seconds are %s', (seconds, text) => expect(ageOf(seconds * 1000)).toBe(text));

test.each([
  ['250m', 0.25],
  ['2896971n', 0.002896971],
  ['7540Ki', 7720960],
  ['1e3', 1000],
  ['2', 2],
])('%s is %d', (text, amount) => expect(amountOf(text)).toBeCloseTo(amount, 9));
test.each(['', '1x', 'm', '1.2.3'])('%j is no quantity', (text) => expect(amountOf(text)).toBeNaN());

test.each([
  ['a: 9007199254740993', true],
  ['a: [{ b: -9007199254740995 }]', true],
  ['a: 9007199254740991', false],
  ['a: 0.1', false],
  ['a: "9007199254740993"', false],
])('%s is rounded: %s', (text, is) => expect(isRounded(parseYaml(text))).toBe(is));

describe('the clusters of a kubeconfig', () => {
  const config = (server: string, contexts = '[{ name: near, context: { cluster: a } }]'): string =>
    `apiVersion: v1\nkind: Config\nclusters: [{ name: a, cluster: { server: ${JSON.stringify(server)} } }]\ncontexts: ${contexts}\nusers: [{ name: u, user: { token: secret } }]\n`;
  test.each([
    ['https://a.example:6443', 'https://a.example:6443/dashboard'],
    ['https://a.example/k8s/clusters/one?x=1', 'https://a.example/dashboard'],
    ['http://127.0.0.1:8001', 'http://127.0.0.1:8001/dashboard'],
    ['https://user:password@a.example', 'https://a.example/dashboard'],
  ])('%s has its dashboard at %s', (server, url) => {
    expect(clustersIn(config(server))).toEqual([{ name: 'near', url }]);
  });
  test.each(['javascript:alert(1)', 'file:///etc/passwd', 'data:text/html,x', 'nowhere', ''])(
    '%j leads nowhere',
    (server) => expect(clustersIn(config(server))).toEqual([]),
  );
  it('go by their own names where there are no contexts', () => {
    expect(clustersIn(config('https://a.example', '[]')).map(({ name }) => name)).toEqual(['a']);
  });
  test.each(['', 'words', 'kind: Pod', '[1]', 'a: ['])('%j is no kubeconfig', (text) => {
    expect(() => clustersIn(text)).toThrow();
  });
});

test.each([
  ['\x1b[1;31mred\x1b[0m and \x1b]8;;http://a\x07a link\x1b]8;;\x1b\\', 'red and a link'],
  ['\x1bP1$r0m\x1b\\\x1b(B\x1bM\x1b[2J\x1b[?25lplain [1m]', 'plain [1m]'],
  ['<b>a</b> [0m', '<b>a</b> [0m'],
])('a line of a log reads as a text: %j', (line, text) => expect(plainText(line)).toBe(text));

test('orders to a terminal without an end take no time', () => {
  const began = performance.now();
  plainText('\x1b]\x1b[1;'.repeat(100_000));
  expect(performance.now() - began).toBeLessThan(1000);
});

test.each([
  [
    'aliases of aliases',
    `a: &a [x]\n${Array.from({ length: 9 }, (_, i) => `b${i}: &b${i} [${`*${i ? `b${i - 1}` : 'a'},`.repeat(9)}]`).join('\n')}\nclusters: *b8`,
  ],
  ['lists without end', `clusters: ${'['.repeat(50_000)}`],
  ['no list', 'clusters: {a: 1}'],
])('a kubeconfig of %s is refused', (_, text) => expect(() => clustersIn(text)).toThrow());
