import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isStatusError } from '../../../src/meta/status.ts';
import { Rejected } from '../../../src/api/patch/errors.ts';
import { applyJsonPatch as patched, jsonPatchSteps } from '../../../src/api/patch/json.ts';
import { NumberToken } from '../../../src/go/json-numbers.ts';
import { parseWithTexts, TextToken } from '../../../src/go/json-texts.ts';
import { goJson } from '../../../src/go/json-write.ts';
import recorded from './json-recorded.json' with { type: 'json' };
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
const applyJsonPatch = <T>(document: T, patch: unknown): T => patched(document, patch).value;
const json = fc.jsonValue({ maxDepth: 3 });

describe('JSON patch', () => {
  const operations = (count: number, operation: object): object[] => Array.from({ length: count }, () => operation);
  const long = { list: Array.from({ length: 50_000 }, (_, i) => i), other: {} };
  test.each([
    ['inserts at the front of a long list', 413, operations(1000, { op: 'add', path: '/list/0', value: 1 })],
    ['removes from it', 413, operations(1000, { op: 'remove', path: '/list/0' })],
    ['compares it', 413, operations(1000, { op: 'test', path: '/list', value: long.list })],
    ['adds at its end', 200, operations(1000, { op: 'add', path: '/list/-', value: 1 })],
    ['copies it', 422, operations(10, { op: 'copy', from: '/list', path: '/other/a' })],
    ['goes a long way', 422, [{ op: 'add', path: '/a'.repeat(1_400_000), value: 1 }]],
  ])('that %s again and again: %i', (_, status, patch) => {
    expect(code(() => applyJsonPatch(long, patch))).toBe(status);
  });

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
    ['adds with replace what is not there', [{ op: 'replace', path: '/a/z', value: 1 }], { a: { b: [1, 2], z: 1 } }],
    ['takes no value for null', [{ op: 'add', path: '/z' }], { z: null }],
    ['copies what is not there as null', [{ op: 'copy', from: '/q', path: '/z' }], { z: null }],
    ['takes a key that is not there for null in a test', [{ op: 'test', path: '/q', value: null }], {}],
    ['does not read what is before the first slash', [{ op: 'add', path: 'any/z', value: 1 }], { z: 1 }],
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
    ['a copy of the whole', [{ op: 'copy', from: '', path: '/q' }], 422],
    ['a pointer without a slash', [{ op: 'add', path: 'q', value: 1 }], 422],
    ['a move into itself', [{ op: 'move', from: '/a', path: '/a/b/0' }], 422],
    ['too many operations', Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/x~1y', value: 1 })), 413],
  ])('refuses %s', (_, patch, expected) => {
    expect(code(() => applyJsonPatch(document, patch))).toBe(expected);
  });

  test('is applied in steps, of which none does much', () => {
    const list = Array.from({ length: 40_000 }, () => 1);
    const steps = (patch: object[]): number => [...jsonPatchSteps({ list, a: 1 }, patch)].length;
    expect(steps(operations(10_000, { op: 'test', path: '/a', value: 1 }))).toBe(20 + 1);
    expect(steps(operations(100, { op: 'add', path: '/list/0', value: 1 }))).toBeGreaterThan(30);
    expect(steps(operations(1, { op: 'test', path: '/a', value: 1 }))).toBe(1);
  });

  test.each(['~', '~0', '~1', '~01', '~10', '~~1', '~1~0', 'a~2b~', '\u00e9~1\ud83d\ude00', '~1'.repeat(9)])(
    'a key %s is read as its escapes say',
    (key) => {
      const read = key.replaceAll('~1', '/').replaceAll('~0', '~');
      expect(applyJsonPatch({}, [{ op: 'add', path: `/${key}`, value: 1 }])).toEqual({ [read]: 1 });
    },
  );

  test('copies are bounded', () => {
    const patch = Array.from({ length: 40 }, (_, i) => ({ op: 'copy', from: '/a', path: `/a/${i}` }));
    expect(code(() => applyJsonPatch({ a: { b: 'x'.repeat(100) } }, patch))).toBe(422);
  });

  test('what differs, as operations, makes the one of the other, and a test of it holds', () => {
    type Operation = Record<string, unknown>;
    const escape = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');
    const isMap = (value: unknown): value is Record<string, unknown> =>
      typeof value === 'object' && value !== null && !Array.isArray(value);
    const difference = (before: unknown, after: unknown, path: string): Operation[] => {
      if (isMap(before) && isMap(after)) {
        return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) => {
          const at = `${path}/${escape(key)}`;
          if (!Object.hasOwn(after, key)) return [{ op: 'remove', path: at }];
          return Object.hasOwn(before, key)
            ? difference(before[key], after[key], at)
            : [{ op: 'add', path: at, value: after[key] }];
        });
      }
      if (Array.isArray(before) && Array.isArray(after)) {
        const both = Math.min(before.length, after.length);
        return [
          ...before.slice(both).map(() => ({ op: 'remove', path: `${path}/${both}` })),
          ...before.slice(0, both).flatMap((item, i) => difference(item, after[i], `${path}/${i}`)),
          ...after.slice(both).map((value: unknown) => ({ op: 'add', path: `${path}/-`, value })),
        ];
      }
      return [{ op: 'replace', path, value: after }];
    };
    // null that a patch has brought is not like another null
    const filled = json.map((value) => JSON.parse(JSON.stringify(value), (_, item: unknown) => item ?? 0) as unknown);
    const documents = fc.dictionary(fc.string({ unit: fc.constantFrom('a', '/', '~', '0') }), filled, {
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(documents, documents, (before, after) => {
        const patch = [...difference(before, after, ''), { op: 'test', path: '', value: after }];
        expect(applyJsonPatch(before, patch)).toEqual(after);
      }),
      { numRuns: 300 },
    );
  });

  test('a move there and back, and an add and a remove, change nothing', () => {
    const documents = fc.dictionary(fc.constantFrom('a', 'b', 'c'), json, { minKeys: 1, noNullPrototype: true });
    fc.assert(
      fc.property(documents, json, (before, value) => {
        const key = `/${Object.keys(before)[0]}`;
        expect(
          applyJsonPatch(before, [
            { op: 'move', from: key, path: '/z' },
            { op: 'move', from: '/z', path: key },
          ]),
        ).toEqual(before);
        expect(
          applyJsonPatch(before, [
            { op: 'add', path: '/z', value },
            { op: 'remove', path: '/z' },
          ]),
        ).toEqual(before);
        expect(
          applyJsonPatch(before, [
            { op: 'copy', from: key, path: '/z' },
            { op: 'test', path: '/z', value: before[key.slice(1)] },
          ]),
        ).toEqual({
          ...before,
          z: before[key.slice(1)],
        });
      }),
      { numRuns: 200 },
    );
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

/** What evanphx/json-patch 4.13 made of random patches, and its words for those that it refused. */
describe('a JSON patch is applied as the library of kube-apiserver applies it', () => {
  const settled = (text: string): unknown => {
    const plain = (_: string, value: unknown): unknown => {
      const scalar = value instanceof TextToken || value instanceof NumberToken ? value.value : value;
      return typeof scalar === 'bigint' ? `${scalar}` : scalar;
    };
    return JSON.parse(JSON.stringify(parseWithTexts(text), plain));
  };
  const outcome = (document: object, patch: string): { text?: string; error?: string | undefined } => {
    try {
      return { text: goJson(patched(document, parseWithTexts(patch)).value) };
    } catch (error) {
      if (error instanceof Rejected) return { error: error.why };
      if (isStatusError(error)) return { error: `decode: ${error.message}` };
      throw error;
    }
  };
  test.each(recorded as { document: object; patch: string; text?: string; error?: string }[])(
    '$patch of $document',
    ({ document, patch, text, error }) => {
      const made = outcome(document, patch);
      if (text === undefined) expect(made).toEqual({ error });
      else expect(settled(made.text ?? made.error!)).toEqual(settled(text));
    },
  );

  test.each([
    ['1.0', '1', false],
    ['1', '1', true],
    ['"<"', '"<"', false],
    ['"\\u003c"', '"<"', true],
    ['"\\u003C"', '"<"', false],
    ['"\\u0061"', '"a"', false],
    ['[1, {"a" : "b"}]', '[1,{"a":"b"}]', true],
    ['[null]', '[null]', true],
    ['null', 'null', true],
  ])('a test of %s where there is %s compares texts: %s', (value, there, holds) => {
    const document = JSON.parse(`{"a":${there}}`) as object;
    const { error } = outcome(document, `[{"op":"test","path":"/a","value":${value}}]`);
    expect(error).toBe(holds ? undefined : 'testing value /a failed: test failed');
  });

  test('a copy that is too large says how large it is', () => {
    const patch = JSON.stringify([{ op: 'copy', from: '/a', path: '/b' }]);
    expect(outcome({ a: 'x'.repeat(3 * 1024 * 1024) }, patch).error).toBe(
      'Unable to complete the copy, the accumulated size increase of copy is 3145730, exceeding the limit 3145728',
    );
  });
});

describe('merge patch', () => {
  test('refuses what is neither an object nor a list', () => expect(code(() => applyMergePatch({}, 'x'))).toBe(400));

  test('takes __proto__ for a key', () => {
    const result = applyMergePatch({}, JSON.parse('{"__proto__":{"polluted":{"a":1}}}'));
    expect(Object.keys(result)).toEqual(['__proto__']);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  // nulls in lists differ: kube-apiserver takes them out of objects there, the RFC does not
  const plain = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(0, '', true, 'x'),
      fc.array(fc.integer(), { maxLength: 2 }),
      tie('map'),
    ),
    map: fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__'), tie('value'), { maxKeys: 3 }),
    change: fc.dictionary(
      fc.constantFrom('a', 'b', 'c', '__proto__'),
      fc.oneof({ maxDepth: 3 }, fc.constant(null), tie('value'), tie('change')),
      {
        maxKeys: 3,
      },
    ),
  }));
  type Map = Record<string, unknown>;
  const target = plain.map as fc.Arbitrary<Map>;
  const change = plain.change as fc.Arbitrary<Map>;
  const isMap = (value: unknown): value is Map => typeof value === 'object' && value !== null && !Array.isArray(value);
  const text = (value: unknown): string =>
    JSON.stringify(value, (_, v: unknown) =>
      isMap(v) ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1))) : v,
    );

  test('follows the definition of RFC 7386', () => {
    const definition = (before: unknown, patch: unknown): unknown => {
      if (!isMap(patch)) return patch;
      const entries = new Map(isMap(before) ? Object.entries(before) : []);
      for (const [key, value] of Object.entries(patch)) {
        if (value === null) entries.delete(key);
        else entries.set(key, definition(entries.get(key), value));
      }
      return Object.fromEntries(entries);
    };
    fc.assert(
      fc.property(target, change, (before, patch) => {
        const once = applyMergePatch(before, patch);
        expect(text(once)).toBe(text(definition(before, patch)));
        expect(text(applyMergePatch(once, patch))).toBe(text(once));
      }),
      { numRuns: 300 },
    );
  });

  test('what differs, as a patch, makes the one of the other', () => {
    const difference = (before: Map, after: Map): Map => {
      const out = new Map<string, unknown>();
      for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) out.set(key, null);
      for (const [key, value] of Object.entries(after)) {
        const old = Object.hasOwn(before, key) ? before[key] : undefined;
        if (text(old) !== text(value)) out.set(key, isMap(old) && isMap(value) ? difference(old, value) : value);
      }
      return Object.fromEntries(out);
    };
    fc.assert(
      fc.property(target, target, (before, after) => {
        expect(text(applyMergePatch(before, difference(before, after)))).toBe(text(after));
      }),
      { numRuns: 300 },
    );
  });
});

test('of null is no patch at all, and changes nothing', () => {
  const document = { a: 1 };
  expect(applyJsonPatch(document, null)).toBe(document);
});
