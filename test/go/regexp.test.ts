import { describe, expect, it } from 'vitest';
import { compileRegexp, RegexpError, regexpProblem } from '../../src/go/regexp.ts';

describe('a regular expression', () => {
  // answered by Go's regexp: FindAllString
  it.each([
    ['a', 'bab', ['a']],
    ['^[a-z0-9-]+$', 'web-1', ['web-1']],
    ['^[a-z0-9-]+$', 'web-1\n', []],
    ['(a+)+$', 'aaab', []],
    ['a|', 'ab', ['a', '']],
    ['a*', 'baac', ['', 'aa', '']],
    ['(?i)AB', 'xab', ['ab']],
    ['(?s)a.b', 'a\nb', ['a\nb']],
    ['a.b', 'a\nb', []],
    ['(?P<n>a)(?<m>b)', 'ab', ['ab']],
    ['(?P<n>a)(?P<n>b)', 'ab', ['ab']],
    ['(?<n>[(?<n>]+)(?<n>\\Q(?<n>\\E)?', '<n>(?<n>', ['<n>(?<n>']],
    ['^(?i)(x)$', 'X', ['X']],
    ['^\\Qa.b\\E$', 'a.b', ['a.b']],
    ['^\\Qa.b\\E$', 'axb', []],
    ['^[[:alpha:]]+$', 'Ab', ['Ab']],
    ['^\\pL+$', 'éΩ', ['éΩ']],
    ['\\pL+', 'aé1', ['aé']],
    ['[[:alpha:]]+', 'ab1', ['ab']],
    ['\\Aa\\z', 'a', ['a']],
    ['^$', '', ['']],
    ['\\bx', 'a x', ['x']],
    ['x{2,3}', 'xxxxx', ['xxx', 'xx']],
    ['a??b', 'ab', ['ab']],
    ['.', 'é€', ['é', '€']],
  ])('%j finds in %j', (pattern, text, found) => {
    const regexp = compileRegexp(pattern);
    expect(regexp.findAll(text)).toEqual(found);
    expect(regexp.find(text)).toBe(found[0]);
    expect(regexp.test(text)).toBe(found.length > 0);
    expect(regexp.findAll(text, 1)).toEqual(found.slice(0, 1));
  });

  // answered by Go's regexp: Compile
  it.each([
    ['(', 'missing closing ): `(`'],
    [')', 'unexpected ): `)`'],
    ['[a', 'missing closing ]: `[a`'],
    ['[z-a]', 'invalid character class range: `z-a`'],
    ['*a', 'missing argument to repetition operator: `*`'],
    ['a**', 'invalid nested repetition operator: `**`'],
    ['a{1001}', 'invalid repeat count: `{1001}`'],
    ['a{3,2}', 'invalid repeat count: `{3,2}`'],
    ['(a{100}){100}', 'invalid repeat count: `{100}`'],
    ['\\', 'trailing backslash at end of expression: ``'],
    ['\\1', 'invalid escape sequence: `\\1`'],
    ['\\Z', 'invalid escape sequence: `\\Z`'],
    ['(?=a)', 'invalid or unsupported Perl syntax: `(?=`'],
    ['(?!a)', 'invalid or unsupported Perl syntax: `(?!`'],
    ['(?<=a)', 'invalid named capture: `(?<=a)`'],
    ['(?P<n', 'invalid named capture: `(?P<n`'],
    ['(?P<', 'invalid or unsupported Perl syntax: `(?P`'],
    ['(?<', 'invalid or unsupported Perl syntax: `(?<`'],
    ['[a-z]{1,2000}', 'invalid repeat count: `{1,2000}`'],
    ['\\u0041', 'invalid escape sequence: `\\u`'],
    ['(?P<x y>a)', 'invalid named capture: `(?P<x y>`'],
    ['(?x)a', 'invalid or unsupported Perl syntax: `(?x`'],
    ['[[:foo:]]', 'invalid character class range: `[:foo:]`'],
    ['\\pX', 'invalid character class range: `\\pX`'],
    ['\\x{110000}', 'invalid escape sequence: `\\x{110000`'],
    ['\\C', 'invalid escape sequence: `\\C`'],
  ])('%j is none', (pattern, problem) => {
    expect(regexpProblem(pattern)).toBe(`error parsing regexp: ${problem}`);
  });

  const too = (what: string, pattern: string): [string, string, string] => [
    what,
    pattern,
    `expression too large: \`${pattern}\``,
  ];
  it.each([
    too('a program that is too large', 'a{1000}'.repeat(6)),
    too('a group of repeats', `(?:${'a{1000}'.repeat(6)})`),
    too('many classes of Unicode', '\\pL'.repeat(1000)),
    too('a class of many', `[${'\\pL'.repeat(1000)}]`),
    too('a long text', 'a'.repeat(100_000)),
    [
      'depth',
      `${'('.repeat(1500)}a${')'.repeat(1500)}`,
      `expression nests too deeply: \`${'('.repeat(1500)}a${')'.repeat(1500)}\``,
    ],
  ])('is refused for %s', (_, pattern, problem) => {
    expect(regexpProblem(pattern)).toBe(`error parsing regexp: ${problem}`);
  });

  it.each(['(a+)+$', '(a|a?)+b', '(a|aa)+$', '^(a?){20}(a){20}b', '(.*)*x'])(
    '%j, which costs others exponential time, is answered on a long text',
    (pattern) => {
      expect(compileRegexp(pattern).test(`${'a'.repeat(5000)}!`)).toBe(false);
    },
  );

  it('searches no text for longer than its bound, unless it is one class alone', () => {
    const long = 'a'.repeat(1_500_000);
    expect(() => compileRegexp('(a|b)*c?d').test(long)).toThrow(RegexpError);
    expect(() => compileRegexp('(a|b)*c?d').find(long)).toThrow(RegexpError);
    expect(() => compileRegexp('(a|b)*c?d').findAll(long)).toThrow(RegexpError);
    expect(compileRegexp('^[a-z0-9-]+$').test(long)).toBe(true);
    expect(compileRegexp('^[a-z0-9-]+$').test(`${long}!`)).toBe(false);
  });
});
