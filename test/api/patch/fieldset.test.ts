import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as sets from '../../../src/api/patch/apply/fieldset.ts';

const element = fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}', 'v:1', 'i:0');
const paths = fc.array(fc.array(element, { minLength: 1, maxLength: 3 }), { maxLength: 8 });
const show = (set: sets.FieldSet): string[] =>
  sets
    .members(set)
    .map((path) => path.join(' '))
    .sort();
const flat = (list: string[][]): Set<string> => new Set(list.map((path) => path.join(' ')));

describe('field sets', () => {
  test('are sets', () => {
    fc.assert(
      fc.property(paths, paths, (p, q) => {
        const [a, b] = [sets.setOfPaths(p), sets.setOfPaths(q)];
        const before = JSON.stringify([a, b]);
        const [x, y] = [flat(p), flat(q)];
        expect(show(a)).toEqual([...x].sort());
        expect(show(sets.union(a, b))).toEqual([...new Set([...x, ...y])].sort());
        expect(show(sets.difference(a, b))).toEqual([...x].filter((path) => !y.has(path)).sort());
        expect(show(sets.intersection(a, b))).toEqual([...x].filter((path) => y.has(path)).sort());
        const under = (path: string): boolean => [...y].some((other) => path === other || path.startsWith(`${other} `));
        expect(show(sets.recursiveDifference(a, b))).toEqual([...x].filter((path) => !under(path)).sort());
        expect(JSON.stringify([a, b])).toBe(before);
      }),
      { numRuns: 500 },
    );
  });

  test('have one form', () => {
    fc.assert(
      fc.property(paths, paths, (p, q) => {
        const [a, b] = [sets.setOfPaths(p), sets.setOfPaths(q)];
        expect(sets.sameSet(sets.union(a, b), sets.union(b, a))).toBe(true);
        expect(JSON.stringify(sets.sortedSet(sets.union(a, b)))).toBe(JSON.stringify(sets.sortedSet(sets.union(b, a))));
        expect(sets.parseFields(a)).toEqual(a);
        expect(sets.isEmptySet(sets.difference(a, a))).toBe(true);
        if (sets.isEmptySet(sets.intersection(a, b))) expect(sets.difference(a, b)).toBe(a);
      }),
      { numRuns: 300 },
    );
  });

  test('leaves are members without members below', () => {
    const set = sets.setOfPaths([['f:a'], ['f:a', 'f:b'], ['f:c']]);
    expect(set).toEqual({ 'f:a': { '.': {}, 'f:b': {} }, 'f:c': {} });
    expect(show(sets.leaves(set))).toEqual(['f:a f:b', 'f:c']);
    expect(sets.hasPath(set, ['f:a'])).toBe(true);
    expect(sets.hasPath(set, ['f:a', 'f:x'])).toBe(false);
    expect(sets.difference(set, sets.setOfPaths([['f:a', 'f:b']]))).toEqual({ 'f:a': {}, 'f:c': {} });
  });

  test('order is that of Kubernetes', () => {
    const set = { 'i:0': {}, 'v:1': {}, 'k:{"name":"x"}': {}, 'f:b': { 'f:c': {}, '.': {} }, 'f:a': {} };
    expect(JSON.stringify(sets.sortedSet(set))).toBe(
      '{"f:a":{},"f:b":{".":{},"f:c":{}},"k:{\\"name\\":\\"x\\"}":{},"v:1":{},"i:0":{}}',
    );
  });

  test.each([
    [[]],
    ['x'],
    [{ bogus: {} }],
    [{ 'f:a': 1 }],
    [{ 'k:x': {} }],
    [{ 'k:[]': {} }],
    [{ 'i:x': {} }],
    [JSON.parse('{"__proto__":{}}')],
  ])('are not %j', (value) => expect(sets.parseFields(value)).toBeUndefined());

  test('keys of clients are brought to one form', () => {
    expect(sets.parseFields({ 'k:{"b": 1, "a": "x"}': { 'v: "y"': {} } })).toEqual({
      'k:{"a":"x","b":1}': { 'v:"y"': {} },
    });
  });
});
