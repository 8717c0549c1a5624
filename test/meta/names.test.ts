import { expect, test } from 'vitest';
import {
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isLabelValue,
  isQualifiedName,
} from '../../src/meta/names.ts';

const long = (length: number): string => 'a'.repeat(length);

// names count characters and labels count bytes: Kubernetes has two sets of these rules
test.each<[string, string[], string[]]>([
  ['a label', isDns1123Label(long(64)), ['must be no more than 63 characters']],
  ['a subdomain', isDns1123Subdomain(long(254)), ['must be no more than 253 characters']],
  ['a label of RFC 1035', isDns1035Label(long(64)), ['must be no more than 63 characters']],
  ['the value of a label', isLabelValue(long(64)), ['must be no more than 63 bytes']],
  ['the key of a label', isQualifiedName(long(64)), ['name part must be no more than 63 bytes']],
  ['its prefix', isQualifiedName(`${long(254)}/a`), ['prefix part must be no more than 253 bytes']],
  ['no prefix', isQualifiedName('/a'), ['prefix part must be non-empty']],
])('what is too long: %s', (_what, said, wanted) => expect(said).toEqual(wanted));

test('a key has one prefix at most', () => {
  expect(isQualifiedName('a/b/c')).toEqual([
    "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
  ]);
  expect(isQualifiedName(`${long(253)}/${long(63)}`)).toEqual([]);
  expect(isQualifiedName('A/b')).toEqual([expect.stringMatching(/^prefix part a lowercase RFC 1123 subdomain/)]);
});
