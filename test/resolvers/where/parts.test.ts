import { expect, it } from 'vitest';
import { createRegistry } from '../../../src/kinds/registry.ts';
import { Budget, DEFAULT_BUDGET } from '../../../src/resolvers/budget.ts';
import { compileWhere } from '../../../src/resolvers/where/compile-where.ts';
import { filtered } from '../../../src/resolvers/where/filtered.ts';
import { partsOf } from '../../../src/resolvers/where/parts.ts';
import type { Stored } from '../../../src/store/contract.ts';
import { Item } from '../../../src/store/item.ts';
import { Retained } from '../../../src/store/retained.ts';

const kind = createRegistry().preferred('controllerrevisions.apps')!;
const budget = new Budget(DEFAULT_BUDGET);

/** of which none stays parsed */
const nothing = new Retained(0, 0);

function revisionOf(i: number): Stored {
  const name = `r${String(i).padStart(4, '0')}`;
  const data = [
    { list: ['x', { y: i }], 'a.b': 'é"' },
    { list: { 0: 'x' }, n: 2 ** 60 },
    ['x'],
    'text'.repeat(50),
    null,
    undefined,
  ][i % 6];
  const labels = i % 4 ? { app: 'web' } : JSON.parse('{"__proto__":"x","constructor":"y"}');
  const text = JSON.stringify({ metadata: { resourceVersion: '1', name, namespace: 'a', labels }, data, revision: i });
  const columns = { uid: name, labels: undefined, fields: undefined, owners: undefined, exact: true as const };
  const key = { resource: 'controllerrevisions.apps', namespace: 'a', name };
  return new Item(key, i, Buffer.from(text), columns, nothing);
}

const items = Array.from({ length: 1500 }, (_, i) => revisionOf(i));

it.each([
  { data: { at: ['list', '0'], contains: 'x' } },
  { data: { at: ['list', '0'], eq: 'x' } },
  { data: { at: ['list', '1', 'y'], gt: 700 } },
  { data: { at: ['a.b'], eq: 'é"' } },
  { data: { at: ['0'], eq: 'x' } },
  { data: { at: ['n'], exists: true } },
  { data: { startsWith: 'texttext' } },
  { data: { eq: null } },
  { data: null },
  { data: { exists: false }, revision: { lt: 100 } },
  { revision: { in: ['6', 7, 9007199254740993n] } },
  { metadata: { labels: [{ key: '__proto__', eq: 'x' }] } },
  { metadata: { labels: [{ key: 'constructor', exists: false }] } },
  { metadata: { name: { endsWith: '7' } }, or: [{ data: { eq: ['x'] } }, { revision: { gte: 1000 } }] },
])('what a filter reads of a text is what it reads of the whole object: %s', async (where) => {
  const { matches } = compileWhere(kind, where);
  const expected = items.filter(({ object }) => matches(object)).map(({ name }) => name);
  for (let time = 0; time < 2; time++) {
    const found = await filtered(kind, items, compileWhere(kind, where), budget);
    expect(found.map(({ name }) => name)).toEqual(expected);
  }
});

it('a part of another is not named by itself', () => {
  const names = (...paths: string[][]) => partsOf(paths).map((part) => part.names.join('.'));
  expect(names(['spec', 'a', 'b'], ['spec', 'a'], ['status'], ['spec', 'ab'], ['status'])).toEqual([
    'status',
    'spec.a',
    'spec.ab',
  ]);
  expect(names()).toEqual([]);
});
