import { describe, expect, it } from 'vitest';
import { parseExact, stringifyExact } from '../../src/go/json-numbers.ts';
import { isRecord } from '../../src/meta/record.ts';
import { ObjectText, textPath } from '../../src/store/object-text.ts';
import { Random } from '../support/random.ts';

const NAMES = [
  'a',
  'ab',
  'spec',
  '',
  'a"b',
  '\\',
  '\\"',
  'é',
  '😀',
  '\ud800',
  '__proto__',
  'constructor',
  '0',
  '\n',
  '}',
];
const TEXTS = [...NAMES, '{"spec":{"a":1}}', ',"a":', '\\\\"', ':', 'x'.repeat(300), '\u2028', '"', '\\u0041'];
const NUMBERS = [0, -1, 1.5, 1e21, 1e-7, 2 ** 53, -0];

function randomValue(random: Random, depth: number): unknown {
  const kind = random.below(depth > 4 ? 5 : 8);
  if (kind === 0) return random.pick(NUMBERS);
  if (kind === 1) return random.pick([true, false, null]);
  if (kind < 5) return random.pick(TEXTS);
  if (kind === 5) return random.list(0, 4, () => randomValue(random, depth + 1));
  return randomObject(random, depth + 1);
}

function randomObject(random: Random, depth: number): Record<string, unknown> {
  const members = random.list(0, random.chance(0.05) ? 90 : 6, (i): [string, unknown] => [
    random.chance(0.8) ? random.pick(NAMES) : `n${i}`,
    randomValue(random, depth),
  ]);
  return Object.fromEntries(members);
}

function valueIn(object: unknown, path: readonly string[]): unknown {
  let value = object;
  for (const name of path) {
    if (!isRecord(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

function pathsOf(value: unknown, path: string[] = []): string[][] {
  if (!isRecord(value)) return [path];
  return [path, ...Object.entries(value).flatMap(([name, part]) => pathsOf(part, [...path, name]))];
}

describe('single values of a text', () => {
  it('are those that a parse has, whatever the names and values are, in any order of questions', () => {
    const random = new Random(Number(process.env['SEED'] ?? 7));
    for (let round = 0; round < 1500; round++) {
      const object = randomObject(random, 0);
      const bytes = Buffer.from(JSON.stringify(object));
      const parsed = JSON.parse(bytes.toString());
      const text = new ObjectText(bytes);
      const there = pathsOf(parsed).filter((path) => path.length);
      const missing = random.list(3, 3, () => random.list(1, 4, () => random.pick(NAMES)));
      const asked = [...there, ...missing].sort(() => random.next() - 0.5).slice(0, 30);
      for (const path of asked)
        expect(text.valueAt(textPath(path)), `${JSON.stringify(path)} of ${bytes}`).toEqual(valueIn(parsed, path));
    }
  });

  it('the last of two members of one name counts', () => {
    const inner = '"a":1,"b":{"c":1,"c":{"d":3}},"a":"\\u0061"';
    const bytes = Buffer.from(`{${inner},"spec":{"x":1},"spec":{${inner}},"a":2}`);
    const parsed = JSON.parse(bytes.toString());
    for (const path of [['a'], ['b', 'c', 'd'], ['spec', 'a'], ['spec', 'b', 'c', 'd'], ['spec', 'x'], ['b', 'c']])
      expect(new ObjectText(bytes).valueAt(textPath(path))).toEqual(valueIn(parsed, path));
  });

  it('large integers are as exact as they are asked for', () => {
    const object = { spec: { n: 9007199254740995n, list: [9223372036854775807n], small: 5 } };
    const text = new ObjectText(Buffer.from(stringifyExact(object)));
    expect(text.valueAt(textPath(['spec', 'n']), true)).toBe(9007199254740995n);
    expect(text.valueAt(textPath(['spec', 'n']))).toBe(9007199254740996);
    expect(text.valueAt(textPath(['spec']), true)).toEqual(parseExact(stringifyExact(object.spec)));
    expect(text.valueAt(textPath(['spec', 'small']), true)).toBe(5);
  });

  it.each([
    '{ "spec": {"a": "x:y" } }',
    '{"spec":{"a":"x:y" }}',
    '{"spec":{"a":"\\":b" }}',
    '{"spec":{"a":"x:y"}}\n',
    '{\n  "metadata": {},\n  "spec": {\n    "a": "x:y"\n  }\n}\n',
    '{"spec" :{"a":"x:y"}}',
  ])('of a text that was written otherwise they are found too: %s', (written) => {
    const text = new ObjectText(Buffer.from(written));
    expect(text.valueAt(textPath(['spec', 'a']))).toEqual(JSON.parse(written).spec.a);
    expect(text.valueAt(textPath(['spec', 'b']))).toBeUndefined();
  });

  it.each(['[]', '[{"a":1}]', '"a"', '5', 'null', '{}'])('what is no object has none: %s', (written) => {
    expect(new ObjectText(Buffer.from(written)).valueAt(textPath(['a']))).toBeUndefined();
  });

  it('of many members each is found', () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`n${i}`, i]));
    const text = new ObjectText(Buffer.from(JSON.stringify({ data: many, ...many, last: { a: { b: many } } })));
    for (const name of ['n0', 'n63', 'n64', 'n65', 'n500', 'n999', 'n1000']) {
      const expected = many[name];
      expect(text.valueAt(textPath([name]))).toBe(expected);
      expect(text.valueAt(textPath(['data', name]))).toBe(expected);
      expect(text.valueAt(textPath(['last', 'a', 'b', name]))).toBe(expected);
    }
  });
});
