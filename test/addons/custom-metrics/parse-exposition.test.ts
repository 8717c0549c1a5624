import { describe, expect, it } from 'vitest';
import { labelsOf, parseExposition } from '../../../src/addons/custom-metrics/parse-exposition.ts';

describe('a text in the format of Prometheus', () => {
  it.each<[string, [string, number][]]>([
    ['hits 3', [['hits', 3]]],
    ['hits{a="b"} 3', [['hits{a="b"}', 3]]],
    ['hits{a="b"} 3 1700000000000', [['hits{a="b"}', 3]]],
    ['hits {a="b"} 3', []],
    ['hits{a="}{"} 1e3', [['hits{a="}{"}', 1000]]],
    ['hits{a="\\"} x"} .5', [['hits{a="\\"} x"}', 0.5]]],
    [
      '# HELP hits of all\n# TYPE hits counter\n\nhits 1\r\nmisses 2\n# EOF',
      [
        ['hits', 1],
        ['misses', 2],
      ],
    ],
    ['hits NaN\nhits +Inf\nhits 0x10\nhits', []],
    ['hits 1e309\nhits -1e999', []],
    ['1hits 3\nhi-ts 3\n{} 3', []],
    ['hits{a="b" 3', []],
    [`hits{a="${'x'.repeat(2000)}"} 3`, []],
  ])('%j', (text, expected) => {
    expect([...parseExposition(text)].map(({ key, value }) => [key, value])).toEqual(expected);
  });

  it('takes time by its length, whatever is in it', () => {
    const bad = [
      '{'.repeat(200_000),
      `a{${'a="'.repeat(100_000)}`,
      `a{b="${'\\'.repeat(200_001)}`,
      ' '.repeat(300_000),
    ];
    for (const text of bad) expect([...parseExposition(text)]).toEqual([]);
  });
});

describe('the labels of a series', () => {
  it.each<[string, Record<string, string> | undefined]>([
    ['hits', {}],
    ['hits{}', {}],
    ['hits{a="b",c="d",}', { a: 'b', c: 'd' }],
    ['hits{ a = "b" , c="d" }', { a: 'b', c: 'd' }],
    ['hits{a="\\"\\\\\\n="}', { a: '"\\\n=' }],
    ['hits{__proto__="x"}', undefined],
    ['hits{a="b"', undefined],
    ['hits{a=b}', undefined],
    ['hits{a-b="c"}', undefined],
    [`hits{a="${'x'.repeat(300)}"}`, undefined],
    [`hits{${Array.from({ length: 40 }, (_, i) => `a${i}="b"`).join(',')}}`, undefined],
  ])('%s', (key, expected) => {
    const found = labelsOf(key);
    if (key.includes('__proto__')) expect([...(found ?? [])]).toEqual([['__proto__', 'x']]);
    else expect(found && Object.fromEntries(found)).toEqual(expected);
  });
});
