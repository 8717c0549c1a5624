import { describe, expect, it } from 'vitest';
import { toYaml } from '../../../src/kinds/yaml/write-yaml.ts';
import { parseYaml } from '../../../src/kinds/yaml.ts';

const deep = (levels: number, wrap: (inner: unknown) => unknown): unknown => {
  let value: unknown = 'x';
  for (let i = 0; i < levels; i++) value = wrap(value);
  return value;
};
const WRAPS: [string, (inner: unknown) => unknown][] = [
  ['objects', (a) => ({ a })],
  ['lists', (a) => [a]],
];

describe('YAML that is written', () => {
  it('has its keys sorted and its lists at the margin', () => {
    expect(toYaml({ b: ['y', '.'], a: { '.': {} } })).toBe('a:\n  .: {}\nb:\n- "y"\n- .\n');
  });

  it.each(WRAPS)('is indented for a hundred levels of %s, and JSON beyond', (_, wrap) => {
    expect(toYaml(deep(100, wrap)).trimEnd()).not.toMatch(/^[{[]/);
    expect(toYaml(deep(101, wrap))).toBe(`${JSON.stringify(deep(101, wrap))}\n`);
  });

  it.each(WRAPS)('is read again, however deep its %s are', (_, wrap) => {
    for (const levels of [3, 99, 100, 101, 2000]) {
      const value = deep(levels, wrap);
      expect(JSON.stringify(parseYaml(toYaml(value)).value)).toBe(JSON.stringify(value));
    }
  });
});

describe('YAML that is not read by itself', () => {
  it.each(['- ', '? ', '[', '{a: ', '? - ', '[? '])('is refused with more than 200 levels of %j', (start) => {
    for (const levels of [201, 1000, 2000]) expect(() => parseYaml(`${start.repeat(levels)}"\t"`)).toThrow(/^yaml: /);
  });
  it('is read with fewer', () => {
    expect(parseYaml(`${'- '.repeat(150)}"\ta"`).value).toBeDefined();
  });
});
