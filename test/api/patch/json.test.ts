import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isStatusError } from '../../../src/meta/status.ts';
import { applyJsonPatch } from '../../../src/api/patch/json.ts';
import { applyMergePatch } from '../../../src/api/patch/merge.ts';

const code = (run: () => unknown): number => {
  try {
    run();
  } catch (error) {
    if (isStatusError(error)) return error.code;
    throw error;
  }
  return 200;
};
const json = fc.jsonValue({ maxDepth: 3 });

describe('JSON patch', () => {
  const document = Object.freeze({ a: Object.freeze({ b: Object.freeze([1, 2]) }), 'x/y': 1, 'm~n': 2 });

  test.each([
    ['adds to a map', [{ op: 'add', path: '/a/c', value: 3 }], { a: { b: [1, 2], c: 3 } }],
    ['adds before an index', [{ op: 'add', path: '/a/b/1', value: 9 }], { a: { b: [1, 9, 2] } }],
    ['adds at the end', [{ op: 'add', path: '/a/b/-', value: 9 }], { a: { b: [1, 2, 9] } }],
    ['counts from the end', [{ op: 'replace', path: '/a/b/-1', value: 9 }], { a: { b: [1, 9] } }],
    ['removes', [{ op: 'remove', path: '/a/b/0' }], { a: { b: [2] } }],
    [
      'unescapes',
      [
        { op: 'replace', path: '/x~1y', value: 5 },
        { op: 'test', path: '/m~0n', value: 2 },
      ],
      { 'x/y': 5 },
    ],
    ['moves', [{ op: 'move', from: '/a/b', path: '/b' }], { a: {}, b: [1, 2] }],
    [
      'copies values, not references',
      [
        { op: 'copy', from: '/a', path: '/c' },
        { op: 'add', path: '/c/d', value: 1 },
      ],
      { c: { b: [1, 2], d: 1 } },
    ],
    [
      'copies the whole into itself',
      [
        { op: 'add', path: '/z', value: 1 },
        { op: 'copy', from: '', path: '/self' },
      ],
      { z: 1, self: { ...document, z: 1 } },
    ],
    [
      'takes __proto__ for a key',
      [{ op: 'add', path: '/__proto__', value: { polluted: 1 } }],
      JSON.parse('{"__proto__":{"polluted":1}}'),
    ],
  ])('%s', (_, patch, changed) => {
    const result = applyJsonPatch(document, patch);
    expect(JSON.parse(JSON.stringify(result))).toEqual({ ...document, ...changed });
    expect(document).toEqual({ a: { b: [1, 2] }, 'x/y': 1, 'm~n': 2 });
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test.each([
    ['not a list', { op: 'add' }, 400],
    ['not of operations', ['x'], 400],
    ['an unknown operation', [{ op: 'swap', path: '/a' }], 422],
    ['a test that fails', [{ op: 'test', path: '/a/b/0', value: 2 }], 422],
    ['a path that is not there', [{ op: 'remove', path: '/q' }], 422],
    ['a parent that is not there', [{ op: 'add', path: '/q/r', value: 1 }], 422],
    ['an index out of bounds', [{ op: 'add', path: '/a/b/3', value: 1 }], 422],
    ['no value', [{ op: 'add', path: '/q' }], 422],
    ['a move into itself', [{ op: 'move', from: '/a', path: '/a/b/0' }], 422],
    ['too many operations', Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/x~1y', value: 1 })), 413],
  ])('refuses %s', (_, patch, expected) => {
    expect(code(() => applyJsonPatch(document, patch))).toBe(expected);
  });

  test('copies are bounded', () => {
    const patch = Array.from({ length: 40 }, (_, i) => ({ op: 'copy', from: '', path: `/${i}` }));
    expect(code(() => applyJsonPatch({ a: 'x'.repeat(100) }, patch))).toBe(422);
  });

  test('any patch gives a document or a status', () => {
    const operation = fc.record(
      {
        op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test'),
        path: fc.constantFrom('', '/a', '/a/b', '/a/0', '/-', '/__proto__/x'),
        from: fc.constantFrom('', '/a', '/a/b'),
        value: json,
      },
      { requiredKeys: ['op', 'path'] },
    );
    fc.assert(
      fc.property(json, fc.array(operation, { maxLength: 6 }), (target, patch) => {
        const before = JSON.stringify(target);
        code(() => JSON.stringify(applyJsonPatch(target, patch)));
        expect(JSON.stringify(target)).toBe(before);
      }),
      { numRuns: 200 },
    );
  });
});

describe('merge patch', () => {
  test('refuses what is no object', () => expect(code(() => applyMergePatch({}, [1]))).toBe(400));

  test('takes __proto__ for a key', () => {
    const result = applyMergePatch({}, JSON.parse('{"__proto__":{"polluted":{"a":1}}}'));
    expect(Object.keys(result)).toEqual(['__proto__']);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test('follows the definition of RFC 7386', () => {
    const map = fc.dictionary(fc.constantFrom('a', 'b', 'c'), json) as fc.Arbitrary<Record<string, never>>;
    const definition = (target: unknown, patch: unknown): unknown => {
      if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
      const out = typeof target === 'object' && target !== null && !Array.isArray(target) ? Object.entries(target) : [];
      const entries = new Map(out);
      for (const [key, value] of Object.entries(patch)) {
        if (value === null) entries.delete(key);
        else entries.set(key, definition(entries.get(key), value));
      }
      return Object.fromEntries(entries);
    };
    fc.assert(
      fc.property(map, map, (target, patch) => {
        expect(applyMergePatch(target, patch)).toEqual(definition(target, patch));
        expect(applyMergePatch(applyMergePatch(target, patch), patch)).toEqual(applyMergePatch(target, patch));
      }),
      { numRuns: 300 },
    );
  });
});
