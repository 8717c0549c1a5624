import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Having, Scope } from '../../src/store/contract.ts';
import { Item } from '../../src/store/item.ts';
import { ObjectCache } from '../../src/store/object-cache.ts';
import { Retained } from '../../src/store/retained.ts';

const retained = new Retained();
const resource = 'pods';
let revision = 0;

function item(namespace: string, name: string, labels?: Record<string, string>, fields?: Record<string, string>): Item {
  const columns = { uid: `${namespace}/${name}`, labels, fields, owners: undefined };
  return new Item({ resource, namespace, name }, ++revision, Buffer.from('{"metadata":{}}'), columns, retained);
}

/** Enough others that an index is worth its while. */
function cacheWithOthers(): ObjectCache {
  const cache = new ObjectCache();
  for (let n = 0; n < 400; n++) {
    const one = item('other', `o-${n}`, { app: 'other', n: String(n) }, { node: 'other' });
    cache.set(one, one);
  }
  return cache;
}

const names = (items: readonly Item[]): string[] => items.map(({ namespace, name }) => `${namespace}/${name}`);
const has = ({ label, field, values }: Having, one: Item): boolean =>
  values.includes((label === undefined ? one.fields?.[field!] : one.labels?.[label]) as string);

test('an index answers as a look at every object does, whatever is written', () => {
  const value = fc.constantFrom('a', 'b', 'c');
  const write = fc.record({
    namespace: fc.constantFrom('x', 'y'),
    name: fc.constantFrom('1', '2', '3', '4'),
    deleted: fc.boolean(),
    labels: fc.option(fc.dictionary(fc.constantFrom('app', 'tier'), value), { nil: undefined }),
    fields: fc.option(fc.dictionary(fc.constantFrom('node', 'phase'), value), { nil: undefined }),
  });
  const values = fc.uniqueArray(value, { minLength: 1 });
  const having: fc.Arbitrary<Having> = fc.oneof(
    fc.record({ label: fc.constantFrom('app', 'tier', '__proto__', 'constructor'), values }),
    fc.record({ field: fc.constantFrom('node', 'phase'), values }),
  );
  fc.assert(
    fc.property(fc.array(write), fc.array(having, { minLength: 1, maxLength: 4 }), (writes, wanted) => {
      const cache = cacheWithOthers();
      // some indexes are there before the writes, others come after
      cache.list({ resource }, wanted[0]);
      for (const { namespace, name, deleted, labels, fields } of writes) {
        const one = item(namespace, name, labels, fields);
        cache.set(one, deleted ? undefined : one);
      }
      for (const one of wanted) {
        for (const namespace of [undefined, 'x', 'y', 'none']) {
          const scope: Scope = { resource, ...(namespace !== undefined && { namespace }) };
          const expected = cache.list(scope).filter((it) => has(one, it));
          expect(names(cache.list(scope, one).filter((it) => has(one, it)))).toEqual(names(expected));
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('a list that selects few looks at few', () => {
  const cache = cacheWithOthers();
  expect(cache.list({ resource }, { label: 'n', values: ['7', '8'] })).toHaveLength(2);
  expect(cache.list({ resource }, { label: 'app', values: ['none'] })).toHaveLength(0);
  // most of them have it: no gain in an index
  expect(cache.list({ resource }, { label: 'app', values: ['other'] })).toHaveLength(400);
});

test('more selectors than indexes are kept for still answer', () => {
  const cache = cacheWithOthers();
  const one = item('x', 'one', Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`l${n}`, 'v'])));
  cache.set(one, one);
  for (let turn = 0; turn < 2; turn++) {
    for (let n = 0; n < 20; n++)
      expect(names(cache.list({ resource }, { label: `l${n}`, values: ['v'] }))).toEqual(['x/one']);
  }
});
