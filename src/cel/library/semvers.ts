import { quote } from '../../go/quote.ts';
import { ofText, sizeOf, TRAVERSAL } from '../cost.ts';
import { func, method, type Costs, type Library } from '../overload.ts';
import { scale, UNKNOWN } from '../range.ts';
import { BOOL, INT, opaque, STRING } from '../types.ts';
import { CelError, error, Opaque, whole, type Value } from '../values.ts';
import { work } from '../work.ts';

/** A version as semver.org writes it; what is built is not part of its order. */
class Semver extends Opaque {
  readonly typeName = 'kubernetes.Semver';
  constructor(
    readonly numbers: readonly [bigint, bigint, bigint],
    readonly before: readonly (string | bigint)[],
  ) {
    super();
  }
  equals(other: Semver): boolean {
    return order(this, other) === 0;
  }
}
const PARSE_WORK = 60;
const MAX_NUMBER = 2n ** 64n - 1n;

function order(a: Semver, b: Semver): number {
  for (const [i, number] of a.numbers.entries()) {
    const other = b.numbers[i] as bigint;
    if (number !== other) return number > other ? 1 : -1;
  }
  // a release comes after what was before it
  if (a.before.length === 0 || b.before.length === 0) return Math.sign(b.before.length - a.before.length);
  for (const [i, part] of a.before.entries()) {
    const other = b.before[i];
    if (other === undefined) return 1;
    if (part === other) continue;
    if (typeof part !== typeof other) return typeof part === 'bigint' ? -1 : 1;
    return part > other ? 1 : -1;
  }
  return a.before.length === b.before.length ? 0 : -1;
}

function number(text: string, name: string): bigint | CelError {
  if (!/^\d*$/.test(text)) return error(`Invalid character(s) found in ${name} number ${quote(text)}`);
  const upper = name[0]?.toUpperCase() + name.slice(1);
  if (/^0\d/.test(text)) return error(`${upper} number must not contain leading zeroes ${quote(text)}`);
  return digits(text);
}
function digits(text: string): bigint | CelError {
  if (text === '') return error('strconv.ParseUint: parsing "": invalid syntax');
  const found = text.length > 20 ? MAX_NUMBER + 1n : BigInt(text);
  return found > MAX_NUMBER ? error(`strconv.ParseUint: parsing ${quote(text)}: value out of range`) : found;
}
function beforePart(text: string): string | bigint | CelError {
  if (text === '') return error('Prerelease is empty');
  if (/^\d+$/.test(text))
    return /^0\d/.test(text)
      ? error(`Numeric PreRelease version must not contain leading zeroes ${quote(text)}`)
      : digits(text);
  return /^[\dA-Za-z-]+$/.test(text) ? text : error(`Invalid character(s) found in prerelease ${quote(text)}`);
}
function parse(text: string, normalize = false): Semver | CelError {
  work(PARSE_WORK + text.length / 4);
  if (normalize) return normalized(text);
  if (text === '') return error('Version string empty');
  const found = /^([^.]*)\.([^.]*)\.([^]*)$/.exec(text);
  if (!found) return error('No Major.Minor.Patch elements found');
  const [, majorText = '', minorText = '', rest = ''] = found;
  const plus = rest.indexOf('+');
  const release = plus < 0 ? rest : rest.slice(0, plus);
  const dash = release.indexOf('-');
  const numbers: bigint[] = [];
  const patch = dash < 0 ? release : release.slice(0, dash);
  for (const [part, name] of [
    [majorText, 'major'],
    [minorText, 'minor'],
    [patch, 'patch'],
  ] as const) {
    const read = number(part, name);
    if (read instanceof CelError) return read;
    numbers.push(read);
  }
  const before: (string | bigint)[] = [];
  for (const part of dash < 0 ? [] : release.slice(dash + 1).split('.')) {
    const read = beforePart(part);
    if (read instanceof CelError) return read;
    before.push(read);
  }
  for (const part of plus < 0 ? [] : rest.slice(plus + 1).split('.')) {
    if (part === '') return error('Build meta data is empty');
    if (!/^[\dA-Za-z-]+$/.test(part)) return error(`Invalid character(s) found in build meta data ${quote(part)}`);
  }
  return new Semver(numbers as [bigint, bigint, bigint], before);
}
/** The value of a version as objects have it; an error for what is none. */
export const semverValue = (text: string): Value => parse(text);
/** `v1.2` as `1.2.0`: without the v and leading zeros, with all three numbers. */
function normalized(text: string): Semver | CelError {
  const [a = '', b, ...rest] = text.replace(/^v/, '').split('.');
  const parts = [a, ...(b === undefined ? [] : [b]), ...(rest.length ? [rest.join('.')] : [])].map((part) => {
    if (part.length < 2) return part;
    const trimmed = part.replace(/^0+/, '');
    return /^\d/.test(trimmed) ? trimmed : `0${trimmed}`;
  });
  if (parts.length < 3 && /[+-]/.test(parts.at(-1) as string))
    return error('short version cannot contain PreRelease/Build meta data');
  while (parts.length < 3) parts.push('0');
  return parse(parts.join('.'));
}

const PARSE: Costs = {
  cost: ([text]) => ofText(sizeOf(text as Value)),
  estimate: ([text]) => ({ cost: scale(text?.size ?? UNKNOWN, TRAVERSAL) }),
};
const SEMVER = opaque('kubernetes.Semver');
const two = [SEMVER, SEMVER];
const is = (text: string, normalize = false): boolean => parse(text, normalize) instanceof Semver;
const part = (at: 0 | 1 | 2) => (version: Semver) => whole(BigInt.asIntN(64, version.numbers[at]));

export const semvers: Library = {
  semver: [
    func('string_to_semver', [STRING], SEMVER, parse, PARSE),
    func('string_bool_to_semver', [STRING, BOOL], SEMVER, parse, PARSE),
  ],
  isSemver: [
    func('is_semver_string', [STRING], BOOL, is, PARSE),
    func('is_semver_string_bool', [STRING, BOOL], BOOL, is, PARSE),
  ],
  isGreaterThan: [method('semver_is_greater_than', two, BOOL, (a: Semver, b: Semver) => order(a, b) > 0)],
  isLessThan: [method('semver_is_less_than', two, BOOL, (a: Semver, b: Semver) => order(a, b) < 0)],
  compareTo: [method('semver_compare_to', two, INT, order)],
  major: [method('semver_major', [SEMVER], INT, part(0))],
  minor: [method('semver_minor', [SEMVER], INT, part(1))],
  patch: [method('semver_patch', [SEMVER], INT, part(2))],
};
