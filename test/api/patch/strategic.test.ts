import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isStatusError } from '../../../src/meta/status.ts';
import { createRegistry } from '../../../src/kinds/registry.ts';
import { applyStrategicMergePatch } from '../../../src/api/patch/strategic.ts';

const pod = createRegistry().byKind('', 'v1', 'Pod')!.schema;
const patch = (object: object, change: object): object => applyStrategicMergePatch(pod, object, change);
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
    [{ metadata: { '$deleteFromPrimitiveList/finalizers': 1 } }, '400 invalid patch format of primitive list'],
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
        const ordered = patch(spec(have), {
          spec: { '$setElementOrder/containers': order, containers: want },
        }) as typeof once;
        const names = ordered.spec.containers.map((c) => c.name).filter((name) => want.some((c) => c.name === name));
        expect(names).toEqual(want.map((c) => c.name));
      }),
      { numRuns: 200 },
    );
  });
});
