import { describe, expect, it } from 'vitest';
import { parseExact } from '../../../src/go/json-numbers.ts';
import { MAX_VALUES } from '../../../src/kinds/body-bounds.ts';
import { NotPlain } from '../../../src/kinds/yaml/not-plain.ts';
import { readPlainYaml } from '../../../src/kinds/yaml/plain-yaml.ts';
import { parseYaml } from '../../../src/kinds/yaml.ts';

/** Beyond 64 bits there is only the double. */
const asDoubles = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? Number(item) : item)));

describe('YAML as it is written', () => {
  // answered by sigs.k8s.io/yaml: YAMLToJSON
  it.each([
    ['a: 1', '{"a":1}'],
    ['a: [1, 2]\nb: {c: d, e: [f]}', '{"a":[1,2],"b":{"c":"d","e":["f"]}}'],
    ['- a\n- b: c\n  d: e\n-\n  - f', '["a",{"b":"c","d":"e"},["f"]]'],
    ['a:\n- b\n- c', '{"a":["b","c"]}'],
    [
      'a: |\n  x\n\n   y\n  z\n\nb: >-\n  x\n  y\n\n  z\n   w\n  v\n',
      '{"a":"x\\n\\n y\\nz\\n","b":"x y\\nz\\n w\\nv"}',
    ],
    ['a: >+\n  x\n\n', '{"a":"x\\n\\n"}'],
    ['a: |2\n   x\n', '{"a":" x\\n"}'],
    ['a: "x\\ty\\u00e9\n  folded\n\n  twice"', '{"a":"x\\tyé folded\\ntwice"}'],
    ["a: 'it''s'", '{"a":"it\'s"}'],
    ['a: b c\n  d\n\n  e', '{"a":"b c d\\ne"}'],
    [
      'a: x:y\nb: a#b\nc: a # comment\n# comment\nd:   # comment\n  e: f',
      '{"a":"x:y","b":"a#b","c":"a","d":{"e":"f"}}',
    ],
    ['a: [x,\n  y, # c\n  \'z\', ]\nb: {"c":1,d}', '{"a":["x",true,"z"],"b":{"c":1,"d":null}}'],
    ['--- # c\na: b\n---\nc: d', '{"a":"b"}'],
    ['a: yes\nb: off\nc: ~\nd:\ne: null', '{"a":true,"b":false,"c":null,"d":null,"e":null}'],
    [
      'a: 017\nb: 0x1F\nc: 1_000\nd: 1.\ne: .5\nf: 1e3\ng: 0b11\nh: 08\ni: 12:30\nj: 2001-01-01\nk: +1\nl: 0o17',
      '{"a":15,"b":31,"c":1000,"d":1,"e":0.5,"f":1000,"g":3,"h":8,"i":"12:30","j":"2001-01-01","k":1,"l":15}',
    ],
    [
      'a: 1e400\nb: 9223372036854775807\nc: 9223372036854775808',
      '{"a":"1e400","b":9223372036854775807,"c":9223372036854775808}',
    ],
    ['true: a\n1: b\n"x": c\n\'y z\': d', '{"1":"b","true":"a","x":"c","y z":"d"}'],
    ['a: -b\nc: ?d\n', '{"a":"-b","c":"?d"}'],
    ['"a": {}\nb: []', '{"a":{},"b":[]}'],
    ['a: 1\na: 2', '{"a":2}'],
    ['a:\n  b:\n    c:\n  d: e', '{"a":{"b":{"c":null},"d":"e"}}'],
    ['- - a\n  - b\n- c: \n    - d', '[["a","b"],{"c":["d"]}]'],
    ['__proto__: 1', '{"__proto__":1}'],
  ])('%j', (text, json) => {
    expect(asDoubles(readPlainYaml(text).value)).toEqual(asDoubles(parseExact(json)));
  });

  it.each([
    'a: &x b',
    'a: *x',
    'a: !!str 1',
    '? a',
    'a: b: c',
    '[a',
    '"a',
    'a: "\\q"',
    '<<: {a: b}',
    'a: .inf',
    'a\nb: c',
    '- a\nb',
    'a: -',
  ])('%j is left to the package', (text) => {
    expect(() => readPlainYaml(text)).toThrow(NotPlain);
  });

  it('tells of keys that come again, and where', () => {
    expect(parseYaml('a: 1\nb:\n  c: 1\n  c:\n    d: 2\na: 2\n').repeated).toBe(
      'yaml: unmarshal errors:\n  line 5: key "c" already set in map\n  line 6: key "a" already set in map',
    );
  });
});

describe('YAML that asks for too much', () => {
  const DEEP = 'exceeded max depth of 10000';
  const VALUES = `Request entity too large: limit is ${MAX_VALUES} values`;
  const UNUSUAL = 'what stands here is read in documents of up to 8192 characters';
  const nine = (name: string): string => Array(9).fill(`*${name}`).join(',');
  const bomb = [...'bcdefghi'].map((c, i) => `${c}: &${c} [${nine('abcdefghi'.charAt(i))}]`);
  it.each([
    ['300,000 open brackets', '['.repeat(300_000), `yaml: ${DEEP}`],
    ['brackets that are closed', '['.repeat(10_001) + ']'.repeat(10_001), `yaml: ${DEEP}`],
    ['open braces', '{a: '.repeat(100_000), `yaml: ${DEEP}`],
    ['dashes', '- '.repeat(300_000), `yaml: ${DEEP}`],
    ['brackets on the second line', `a: 1\nb: ${'['.repeat(300_000)}`, DEEP],
    ['keys', 'a: b\n'.repeat(200_000), VALUES],
    ['items', `[${'1,'.repeat(200_000)}1]`, VALUES],
    ['a bomb', `a: &a [x,x,x,x,x,x,x,x,x]\n${bomb.join('\n')}`, 'yaml: document contains excessive aliasing'],
    ['aliases', `a: &a x\nb: [${'*a,'.repeat(2000)}]`, 'yaml: document contains excessive aliasing'],
    ['an anchor in a large document', `a: &a x\n${'b: c\n'.repeat(5000)}`, `yaml: ${UNUSUAL}`],
    ['bad YAML that is large', `${'b: c\n'.repeat(5000)}a: b: c`, `yaml: line 5001: ${UNUSUAL}`],
  ])('is refused: %s', (_, text, message) => {
    expect(() => parseYaml(text)).toThrow(message);
  });

  it.each([
    ['text', `a: "${'x'.repeat(2_800_000)}"`],
    ['escapes', `a: "${'\\n'.repeat(1_400_000)}"`],
    ['lines', `a: |\n${'  x\n'.repeat(700_000)}`],
    ['words', `a: ${'x '.repeat(1_400_000)}`],
    ['comments', `a: b\n${'#\n'.repeat(1_400_000)}`],
    ['empty lines', `a: b\n${'\n'.repeat(2_800_000)}`],
    ['documents', `a: b\n${'---\n'.repeat(700_000)}`],
    ['spaces in quotes', `a: "x${' '.repeat(1_400_000)}\n${' '.repeat(1_400_000)}"`],
  ])('is read in one pass: 2.8 MB of %s', (_, text) => {
    expect(Object.keys(parseYaml(text).value as object)).toEqual(['a']);
  });
});
