import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyDiff } from '../../src/meta/diff-apply.ts';
import { formatPath, parsePath, type PathStep } from '../../src/meta/diff-path.ts';
import type { Shape } from '../../src/meta/diff-shape.ts';
import { diffObjects } from '../../src/meta/diff.ts';

const any: Shape = { type: 'any' };
const list = (listType: 'atomic' | 'set' | 'map', item: Shape, keys: readonly string[] = []): Shape => ({
  type: 'list',
  listType,
  item,
  keys,
});
const struct = (fields: Record<string, Shape | { schema: Shape; patchMergeKey: string }>): Shape => ({
  type: 'object',
  fields: new Map(Object.entries(fields).map(([name, of]) => [name, 'schema' in of ? of : { schema: of }])),
});
const pod = struct({
  containers: list('map', struct({ env: list('map', any, ['name']), ports: list('map', any, ['port', 'protocol']) }), [
    'name',
  ]),
  finalizers: list('set', { type: 'string' }),
  secrets: { schema: list('atomic', any), patchMergeKey: 'name' },
  labels: { type: 'map', value: { type: 'string' } },
});

describe('a diff', () => {
  it.each<[string, unknown, unknown, unknown[]]>([
    ['of equals', { a: [1, { b: null }] }, { a: [1, { b: null }] }, []],
    [
      'of fields',
      { a: 1, b: 2, d: null },
      { b: 3, c: { x: 4 } },
      [
        { path: 'a', op: 'remove', from: 1 },
        { path: 'b', op: 'replace', from: 2, to: 3 },
        { path: 'd', op: 'remove', from: null },
        { path: 'c', op: 'add', to: { x: 4 } },
      ],
    ],
    ['where undefined is nothing', { a: undefined }, { b: undefined }, []],
    [
      'of items told by a key',
      { containers: [{ name: 'web', image: 'a' }, { name: 'log' }] },
      { containers: [{ name: 'web', image: 'b' }, { name: 'mesh' }] },
      [
        { path: 'containers[name=web].image', op: 'replace', from: 'a', to: 'b' },
        { path: 'containers[name=log]', op: 'remove', from: { name: 'log' } },
        { path: 'containers[name=mesh]', op: 'add', to: { name: 'mesh' } },
      ],
    ],
    [
      'of items told by two keys',
      { containers: [{ name: 'web', ports: [{ port: 80, protocol: 'TCP' }] }] },
      { containers: [{ name: 'web', ports: [{ port: 80, protocol: 'TCP', name: 'http' }] }] },
      [{ path: 'containers[name=web].ports[port=80,protocol=TCP].name', op: 'add', to: 'http' }],
    ],
    [
      'of an item put between others',
      { containers: [{ name: 'a' }, { name: 'c' }] },
      { containers: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] },
      [
        { path: 'containers[name=b]', op: 'add', to: { name: 'b' } },
        {
          path: 'containers[]',
          op: 'replace',
          from: ['[name=a]', '[name=c]'],
          to: ['[name=a]', '[name=b]', '[name=c]'],
        },
      ],
    ],
    [
      'of a set',
      { finalizers: ['a', 'b'] },
      { finalizers: ['b', 'c'] },
      [
        { path: 'finalizers[="a"]', op: 'remove', from: 'a' },
        { path: 'finalizers[="c"]', op: 'add', to: 'c' },
      ],
    ],
    [
      'by the merge key of a patch',
      { secrets: [{ name: 'a' }] },
      { secrets: [{ name: 'a', of: 1 }] },
      [{ path: 'secrets[name=a].of', op: 'add', to: 1 }],
    ],
    [
      'by place, where two items have one key',
      { secrets: [{ name: 'a' }, { name: 'a' }] },
      { secrets: [{ name: 'a' }, { name: 'a', of: 1 }] },
      [{ path: 'secrets[1].of', op: 'add', to: 1 }],
    ],
    [
      'by place, where an item lacks its key',
      { secrets: [{ of: 1 }] },
      { secrets: [{ of: 2 }] },
      [{ path: 'secrets[0].of', op: 'replace', from: 1, to: 2 }],
    ],
    [
      'of a list without keys',
      { args: ['-c', 'x', 'y', 'z'] },
      { args: ['-c', 'z'] },
      [
        { path: 'args[2]', op: 'remove', from: 'y' },
        { path: 'args[1]', op: 'remove', from: 'x' },
      ],
    ],
    [
      'of names that are no words',
      { labels: { 'app.kubernetes.io/name': 'a' } },
      { labels: { 'app.kubernetes.io/name': 'b' } },
      [{ path: 'labels["app.kubernetes.io/name"]', op: 'replace', from: 'a', to: 'b' }],
    ],
    ['of values of different types', { a: [] }, { a: {} }, [{ path: 'a', op: 'replace', from: [], to: {} }]],
    ['of a whole', 1, 'x', [{ path: '', op: 'replace', from: 1, to: 'x' }]],
  ])('%s', (_, a, b, expected) => {
    expect(diffObjects(a, b, pod)).toEqual(expected);
  });

  it('of very much is one change', () => {
    const many = (of: number) => ({ data: Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`k${i}`, of])) });
    expect(diffObjects({ a: 1, ...many(1) }, { a: 2, ...many(2) })).toEqual([
      { path: 'a', op: 'replace', from: 1, to: 2 },
      { path: 'data', op: 'replace', from: many(1).data, to: many(2).data },
    ]);
  });

  it('of what is nested deeper than the stack ends', () => {
    const nested = (leaf: number): unknown => {
      let value: unknown = leaf;
      for (let i = 0; i < 100_000; i++) value = [value];
      return value;
    };
    expect(diffObjects(nested(1), nested(1))).toEqual([]);
    expect(diffObjects(nested(1), nested(2))).toHaveLength(1);
  });

  const names = fc.constantFrom('a', 'b', 'c', '__proto__', 'x.y/z');
  const keyed = fc.array(
    fc.record({ name: fc.constantFrom('a', '1', 'true', 'x y', ''), v: fc.jsonValue({ maxDepth: 1 }) }),
    {
      maxLength: 5,
    },
  );
  // what JSON has: no negative zero
  const asJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
  const object = fc
    .record(
      {
        containers: keyed,
        secrets: keyed,
        finalizers: fc.array(fc.constantFrom('a', 'b', 'c', 'd"]'), { maxLength: 4 }),
        labels: fc.dictionary(names, fc.constantFrom('x', 'y')),
        args: fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 4 }),
        rest: fc.jsonValue({ maxDepth: 3 }),
      },
      { requiredKeys: [] },
    )
    .map(asJson);

  it('applied to the one gives the other, and touches neither', () => {
    fc.assert(
      fc.property(object, object, (a, b) => {
        const [was, is] = [JSON.stringify(a), JSON.stringify(b)];
        const made = applyDiff(a, asJson(diffObjects(a, b, pod)));
        expect(made).toEqual(b);
        expect([JSON.stringify(a), JSON.stringify(b)]).toEqual([was, is]);
      }),
      { numRuns: 500 },
    );
  });

  it('is empty exactly for equals', () => {
    fc.assert(fc.property(object, (a) => diffObjects(a, asJson(a), pod).length === 0));
  });
});

describe('a path', () => {
  const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
  const step: fc.Arbitrary<PathStep> = fc.oneof(
    fc.record({ field: fc.string() }),
    fc.record({ index: fc.nat() }),
    fc.record({ member: scalar }),
    fc.record({ keys: fc.array(fc.tuple(fc.string(), scalar), { minLength: 1, maxLength: 3 }) }),
    fc.constant({ order: true } as const),
  );

  it('says its steps', () => {
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        expect(parsePath(formatPath(steps))).toEqual(steps);
      }),
    );
  });

  it.each(['1', '-0', '01', '1e5', '1E+5', '1.', '.5', '-', 'true', 'nullable', 'null', '{}', '{', 'NaN', 'web'])(
    'quotes the key %j only where it would be another value without',
    (text) => {
      const steps: PathStep[] = [{ keys: [['name', text]] }];
      const isJson = ((): boolean => {
        try {
          JSON.parse(text);
          return true;
        } catch {
          return false;
        }
      })();
      expect(formatPath(steps)).toBe(isJson ? `[name=${JSON.stringify(text)}]` : `[name=${text}]`);
      expect(parsePath(formatPath(steps))).toEqual(steps);
    },
  );

  it.each(['.a', 'a.', 'a b', 'a[', 'a[x]', 'a[=', 'a[k=v', '[0', 'a]'])('is not %j', (text) => {
    expect(() => parsePath(text)).toThrow(SyntaxError);
  });
});
