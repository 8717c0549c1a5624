import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { isStatusError } from '../../../src/meta/status.ts';
import { atOnce } from '../../../src/meta/steps.ts';
import { createRegistry } from '../../../src/kinds/registry.ts';
import type { Field, Schema } from '../../../src/kinds/schema.ts';
import { strategicMergeSteps } from '../../../src/api/patch/strategic.ts';

const pod = createRegistry().byKind('', 'v1', 'Pod')!.schema;
const patch = (object: object, change: object): object => atOnce(strategicMergeSteps(pod, object, change));
const spec = (containers: object[], rest: object = {}): object => ({ spec: { containers, ...rest } });
const refusal = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (isStatusError(error)) return `${error.code} ${error.message}`;
    throw error;
  }
  return '';
};

describe('strategic merge patch', () => {
  const object = spec([
    {
      name: 'a',
      image: 'a:1',
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ],
      ports: [{ containerPort: 80 }],
    },
    { name: 'b', image: 'b:1' },
  ]);

  test.each<[string, object, object]>([
    ['merges items by key', spec([{ name: 'b', image: 'b:2' }]), { 1: { name: 'b', image: 'b:2' } }],
    [
      'merges below items',
      spec([
        {
          name: 'a',
          env: [
            { name: 'B', value: '3' },
            { name: 'C', value: '4' },
          ],
        },
      ]),
      {
        0: {
          env: [
            { name: 'A', value: '1' },
            { name: 'B', value: '3' },
            { name: 'C', value: '4' },
          ],
        },
      },
    ],
    [
      'puts new items first',
      spec([{ name: 'a', ports: [{ containerPort: 81 }] }]),
      { 0: { ports: [{ containerPort: 81 }, { containerPort: 80 }] } },
    ],
    [
      'replaces a list',
      spec([{ name: 'a', env: [{ $patch: 'replace' }, { name: 'Z', value: '0' }] }]),
      { 0: { env: [{ name: 'Z', value: '0' }] } },
    ],
    [
      'deletes an item',
      spec([{ name: 'a', env: [{ name: 'A', $patch: 'delete' }] }]),
      { 0: { env: [{ name: 'B', value: '2' }] } },
    ],
    ['replaces an item', spec([{ name: 'a', $patch: 'replace', image: 'x' }]), { 0: 'gone' }],
    ['removes a field', spec([{ name: 'a', env: null }]), { 0: { env: undefined } }],
  ])('%s', (name, change, expected) => {
    const before = JSON.stringify(object);
    const result = patch(object, change) as { spec: { containers: Record<string, unknown>[] } };
    expect(JSON.stringify(object)).toBe(before);
    for (const [i, fields] of Object.entries(expected)) {
      if (fields === 'gone') expect(result.spec.containers).toEqual([]);
      else
        for (const [key, value] of Object.entries(fields as object))
          expect(result.spec.containers[Number(i)]![key]).toEqual(value);
    }
    expect(name).not.toBe('');
  });

  test('sets the order of a list, whose own items keep their places among themselves', () => {
    const result = patch(object, {
      spec: {
        '$setElementOrder/containers': [{ name: 'b' }, { name: 'c' }, { name: 'a' }],
        containers: [{ name: 'c', image: 'c' }],
      },
    });
    expect((result as { spec: { containers: { name: string }[] } }).spec.containers.map((c) => c.name)).toEqual([
      'b',
      'c',
      'a',
    ]);
  });

  test('merges and deletes scalars', () => {
    const finalizers = { metadata: { finalizers: ['x/a'] } };
    expect(patch(finalizers, { metadata: { finalizers: ['x/b', 'x/a'] } })).toEqual({
      metadata: { finalizers: ['x/b', 'x/a'] },
    });
    expect(patch(finalizers, { metadata: { '$deleteFromPrimitiveList/finalizers': ['x/a'] } })).toEqual({
      metadata: { finalizers: [] },
    });
  });

  test('retains keys', () => {
    const volumes = spec([], { volumes: [{ name: 'v', emptyDir: {} }] });
    const change = { spec: { volumes: [{ name: 'v', $retainKeys: ['name', 'configMap'], configMap: { name: 'x' } }] } };
    expect(patch(volumes, change)).toEqual(spec([], { volumes: [{ name: 'v', configMap: { name: 'x' } }] }));
  });

  test('replaces and deletes maps, and drops directives that meet nothing', () => {
    const labels = { metadata: { labels: { a: '1' } } };
    expect(patch(labels, { metadata: { labels: { $patch: 'replace', x: 'y' } } })).toEqual({
      metadata: { labels: { x: 'y' } },
    });
    expect(patch(labels, { metadata: { labels: { $patch: 'delete' } } })).toEqual({ metadata: { labels: {} } });
    expect(
      patch(
        { metadata: {} },
        { metadata: { annotations: { $patch: 'replace', x: 'y' }, labels: { b: null, c: '1' } } },
      ),
    ).toEqual({
      metadata: { labels: { c: '1' } },
    });
  });

  test.each([
    [spec([{ image: 'x' }]), '500 map: map[image:x] does not contain declared merge key: name'],
    [spec([{ name: 'a', $patch: 'merge' }]), '500 merging lists cannot yet be specified in the patch'],
    [{ metadata: { labels: { $patch: 'x' } } }, '500 unknown patch type: x in map: map[$patch:x]'],
    [{ spec: { $retainKeys: 1 } }, '400 invalid patch format of retainKeys'],
    [{ spec: { $retainKeys: ['a'], b: 1 } }, '400 invalid patch format of retainKeys'],
    [{ metadata: { $deleteFromPrimitiveList: ['a'] } }, '400 invalid patch format of primitive list'],
    [{ metadata: { $deleteFromPrimitiveListX: ['a'] } }, '400 invalid patch format of primitive list'],
    [{ $setElementOrder: ['a'] }, '400 invalid patch format of setElementOrder list'],
    [{ metadata: { $setElementOrder: {} } }, '500 expected a []interface {}, but received a map[string]interface {}'],
    [{ '$setElementOrder/': [] }, '500 unable to find api field in struct Pod for the json field ""'],
    [{ spec: { '$setElementOrder/z': [] } }, '500 unable to find api field in struct PodSpec for the json field "z"'],
    [
      { metadata: { '$setElementOrder/labels': [] } },
      '500 expected a []interface {}, but received a map[string]interface {}',
    ],
    [{ metadata: { '$setElementOrder/annotations': [] } }, '500 expected slice or array type, but got: struct'],
    [{ spec: { '$setElementOrder/containers': ['x'] } }, '500 value for key 0 is not a map'],
    [{ spec: { '$setElementOrder/containers': [{}] } }, '500 map: map[] does not contain declared merge key: name'],
    [{ $patch: 1 }, '500 unknown patch type: %!s(int64=1) in map: map[$patch:1]'],
    [{ $patch: null }, '500 unknown patch type: %!s(<nil>) in map: map[$patch:<nil>]'],
    [{ $patch: ['delete'] }, '500 unknown patch type: [delete] in map: map[$patch:[delete]]'],
    [[1], '400 error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}'],
    [
      { spec: { '$setElementOrder/containers': [{ name: 'b' }], containers: [{ name: 'a' }] } },
      "500 The order in patch list:\n[map[name:a]]\n doesn't match $setElementOrder list:\n[map[name:b]]\n",
    ],
  ])('refuses %j', (change, expected) => {
    expect(refusal(() => patch({ ...object, metadata: { labels: { a: '1' }, finalizers: ['a'] } }, change))).toBe(
      expected,
    );
  });

  test('what is to be taken out of a list, and is no list, means nothing', () => {
    const metadata = { finalizers: ['a'] };
    expect(patch({ metadata }, { metadata: { '$deleteFromPrimitiveList/finalizers': 1 } })).toEqual({ metadata });
    expect(patch({ metadata }, { '$deleteFromPrimitiveList/': ['a'] })).toEqual({ metadata });
  });

  test('a patch applied twice is applied once', () => {
    const container = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), image: fc.constantFrom('1', '2') });
    const containers = fc.uniqueArray(container, { selector: (c) => c.name, maxLength: 4 });
    fc.assert(
      fc.property(containers, containers, (have, want) => {
        const once = patch(spec(have), spec(want)) as { spec: { containers: { name: string; image: string }[] } };
        expect(patch(once, spec(want))).toEqual(once);
        for (const item of want) expect(once.spec.containers).toContainEqual(item);
        expect(once.spec.containers).toHaveLength(new Set([...have, ...want].map((c) => c.name)).size);
        const order = want.map((c) => ({ name: c.name }));
        if (!have.length && !want.length) return; // of two empty lists nobody knows what is in them
        const ordered = patch(spec(have), {
          spec: { '$setElementOrder/containers': order, containers: want },
        }) as typeof once;
        const names = ordered.spec.containers.map((c) => c.name).filter((name) => want.some((c) => c.name === name));
        expect(names).toEqual(want.map((c) => c.name));
      }),
      { numRuns: 200 },
    );
  });

  test('what differs, as a patch, makes the one of the other', () => {
    type Map = Record<string, unknown>;
    const isMap = (value: unknown): value is Map =>
      typeof value === 'object' && value !== null && !Array.isArray(value);
    const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
    /** As kubectl makes it: by the schema's merge keys, with the order of each list that is merged. */
    const difference = (schema: Schema, before: Map, after: Map): Map => {
      const out: Map = {};
      for (const key of Object.keys(before)) if (after[key] === undefined) out[key] = null;
      for (const [key, value] of Object.entries(after)) {
        const old = before[key];
        const field = schema.type === 'object' ? schema.fields.get(key) : undefined;
        if (same(old, value)) continue;
        if (isMap(old) && isMap(value) && field) out[key] = difference(field.schema, old, value);
        else if (!Array.isArray(old) || !Array.isArray(value) || !field?.patchStrategy?.includes('merge'))
          out[key] = value;
        else Object.assign(out, listDifference(key, field, old, value));
      }
      return out;
    };
    const listDifference = (
      key: string,
      { schema, patchMergeKey: name }: Field,
      old: unknown[],
      value: unknown[],
    ): Map => {
      const order = {
        [`$setElementOrder/${key}`]: name ? value.map((item) => ({ [name]: (item as Map)[name] })) : value,
      };
      if (!name) {
        const gone = old.filter((item) => !value.includes(item));
        const added = value.filter((item) => !old.includes(item));
        return {
          ...order,
          ...(gone.length && { [`$deleteFromPrimitiveList/${key}`]: gone }),
          ...(added.length && { [key]: added }),
        };
      }
      const find = (list: unknown[], item: unknown): Map | undefined =>
        (list as Map[]).find((other) => other[name] === (item as Map)[name]);
      const item = (schema as { item: Schema }).item;
      const changed = (value as Map[]).flatMap((now) => {
        const was = find(old, now);
        if (!was) return [now];
        return same(was, now) ? [] : [{ ...difference(item, was, now), [name]: now[name] }];
      });
      const gone = (old as Map[])
        .filter((was) => !find(value, was))
        .map((was) => ({ [name]: was[name], $patch: 'delete' }));
      return { ...order, ...(changed.length + gone.length && { [key]: [...changed, ...gone] }) };
    };
    const of = <T>(item: fc.Arbitrary<T>, id: (item: T) => unknown): fc.Arbitrary<T[]> =>
      fc.uniqueArray(item, { selector: id, minLength: 1, maxLength: 4 });
    const env = fc.record({ name: fc.constantFrom('A', 'B', 'C'), value: fc.constantFrom('1', '2') });
    const container = fc.record(
      {
        name: fc.constantFrom('a', 'b', 'c', 'd'),
        image: fc.constantFrom('1', '2'),
        env: of(env, (e) => e.name),
        args: fc.array(fc.constantFrom('p', 'q')),
      },
      { requiredKeys: ['name'] },
    );
    const pods = fc.record({
      metadata: fc.record({
        labels: fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom('1', '2')),
        finalizers: of(fc.constantFrom('x/a', 'x/b', 'x/c'), (f) => f),
      }),
      spec: fc.record(
        {
          containers: of(container, (c) => c.name),
          tolerations: fc.array(fc.record({ key: fc.constantFrom('a', 'b') })),
        },
        { requiredKeys: ['containers'] },
      ),
    });
    fc.assert(
      fc.property(pods, pods, (before, after) => {
        const plain = JSON.parse(JSON.stringify([before, after])) as [Map, Map];
        expect(patch(plain[0], difference(pod, ...plain))).toEqual(plain[1]);
      }),
      { numRuns: 300 },
    );
  });

  describe('of lists as long as a body may have', () => {
    const COUNT = 20_000;
    const many = (make: (i: number) => unknown): unknown[] => Array.from({ length: COUNT }, (_, i) => make(i));
    const named = (i: number): object => ({ name: `c${i}` });
    const env = (list: unknown[], more: object = {}): object => spec([{ name: 'a', env: list, ...more }]);
    const long = { ...env(many((i) => ({ ...named(i), value: 'v' }))), metadata: { finalizers: many((i) => `f${i}`) } };
    /** Texts that are made or compared, which each item costs a few of, however many others there are. */
    const compared = (change: object): number => {
      const texts = vi.spyOn(JSON, 'stringify');
      patch(long, change);
      const calls = texts.mock.calls.length;
      texts.mockRestore();
      return calls;
    };

    test.each<[string, object]>([
      ['changes', env(many((i) => ({ ...named(COUNT - 1 - i), value: 'w' })))],
      ['deletions', env(many((i) => ({ ...named(i), $patch: 'delete' })))],
      ['deletions of what is not there', env(many((i) => ({ ...named(i + COUNT), $patch: 'delete' })))],
      ['an order', env([], { '$setElementOrder/env': many((i) => named(COUNT - 1 - i)) })],
      ['an order that names one', env([], { '$setElementOrder/env': many(() => named(1)) })],
    ])('%s cost what they are', (_, change) => {
      expect(compared(change)).toBeLessThan(12 * COUNT);
    });

    test('scalars are taken out in one pass', () => {
      const texts = many((i) => `f${i}`);
      const includes = vi.spyOn(Array.prototype, 'includes');
      const out = patch(long, { metadata: { '$deleteFromPrimitiveList/finalizers': texts } });
      expect(includes).not.toHaveBeenCalled();
      includes.mockRestore();
      expect(out).toMatchObject({ metadata: { finalizers: [] } });
    });

    test('is applied in steps', () => {
      const change = env(many((i) => ({ ...named(i), value: 'w' })));
      expect([...strategicMergeSteps(pod, long, change)].length).toBeGreaterThan(1);
    });

    test('items that change one of many parts again and again: 413', () => {
      const again = many(() => ({ name: 'a', env: [{ name: 'c1', value: 'w' }] }));
      expect(refusal(() => patch(long, spec(again as object[])))).toMatch(
        /^413 .*strategic merge patch takes too many/,
      );
    });
  });
});
