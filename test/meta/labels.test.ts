import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { labelSelectorAsSelector, parseLabelSelector } from '../../src/meta/labels.ts';
import { parseFieldSelector, type FieldTerm } from '../../src/meta/fields.ts';

const word = fc.stringMatching(/^[a-z0-9]([-a-z0-9_.]{0,8}[a-z0-9])?$/);
const requirement = fc.oneof(
  fc.tuple(word, fc.constantFrom('=', '==', '!='), word).map((p) => p.join('')),
  fc
    .tuple(word, fc.constantFrom('in', 'notin'), fc.array(word, { minLength: 1, maxLength: 3 }))
    .map(([k, o, v]) => `${k} ${o} (${v.join(',')})`),
  word.filter((k) => k !== 'in' && k !== 'notin'),
  word.map((k) => `!${k}`),
  fc.tuple(word, fc.constantFrom('>', '<'), fc.nat(99)).map((p) => p.join('')),
);
const message = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

describe('label selectors', () => {
  test.each([
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a=b,', "found '', expected: identifier after ','"],
    ['=a', "found '=', expected: !, identifier, or 'end of string'"],
    ['a in b', "unable to parse requirement: found 'b' expected: '('"],
    ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
    [
      'a in ()',
      "unable to parse requirement: values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty",
    ],
  ])('%s is refused', (text, why) => expect(message(() => parseLabelSelector(text))).toBe(why));
  test.each([
    ['a=b', { a: 'b' }, true],
    ['a=b', {}, false],
    ['a!=b', {}, true],
    ['a in (x,y)', { a: 'y' }, true],
    ['a notin (x)', { a: 'x' }, false],
    ['a', { a: '' }, true],
    ['!a', { b: '1' }, true],
    ['a>5', { a: '6' }, true],
    ['a<5', { a: 'x' }, false],
    ['', undefined, true],
    ['in=in', { in: 'in' }, true],
    ['a=', { a: '' }, true],
    ['a in (,b)', { a: '' }, true],
  ])('%s on %j is %s', (text, labels, matches) =>
    expect(parseLabelSelector(text).matches(labels as never)).toBe(matches),
  );
  test('the text of a selector parses to the same selector', () => {
    const labels = fc.dictionary(word, word, { maxKeys: 4 });
    fc.assert(
      fc.property(fc.array(requirement, { maxLength: 4 }), labels, (parts, set) => {
        const selector = parseLabelSelector(parts.join(','));
        const again = parseLabelSelector(selector.toString());
        expect(again.toString()).toBe(selector.toString());
        expect(again.matches(set)).toBe(selector.matches(set));
      }),
    );
  });
  test('an object selects nothing when absent, everything when empty', () => {
    expect(labelSelectorAsSelector(undefined).matches({ a: 'b' })).toBe(false);
    expect(labelSelectorAsSelector({}).matches({ a: 'b' })).toBe(true);
    expect(
      labelSelectorAsSelector({ matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['b'] }] }).matches({
        a: 'b',
      }),
    ).toBe(false);
  });
});

describe('field selectors', () => {
  const written = (terms: readonly FieldTerm[]): string =>
    terms.map((t) => `${t.field}${t.operator}${t.value.replace(/[\\,=]/g, '\\$&')}`).join(',');
  test('terms survive being written and read', () => {
    const term = fc.record({ field: word, operator: fc.constantFrom('=' as const, '!=' as const), value: fc.string() });
    fc.assert(
      fc.property(fc.array(term), (terms) => {
        // in the order of their text
        const sorted = terms.toSorted((a, b) => (written([a]) < written([b]) ? -1 : 1));
        expect(parseFieldSelector(written(terms))).toEqual(sorted);
      }),
    );
  });
  test('a term without an operator is refused', () => {
    expect(message(() => parseFieldSelector('metadata.name'))).toBe(
      "invalid selector: 'metadata.name'; can't understand 'metadata.name'",
    );
  });
});
