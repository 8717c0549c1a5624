import { isRecord } from '../../meta/record.ts';
import { badRequest } from '../../meta/status.ts';
import type { LogLine } from '../../store/logs/contract.ts';
import { wordsOf } from '../../store/logs/word-filter.ts';
import type { FieldTest, LogFilter } from './contract.ts';
import { fieldsOf } from './entry.ts';

/** Words and tests of fields, characters of words and of tests, and names in a field: each is looked for in every line. */
const MAX_TERMS = 16;
const MAX_CHARACTERS = 1024;
const MAX_NAMES = 16;

/** What of a filter is about the line itself. */
export interface LineMatcher {
  /** small words that every line that matches has, by which rows without them are passed over */
  words: readonly string[];
  matches(line: LogLine): boolean;
}

/** Throws 400 for a filter that is too long, or a test of a field that says nothing. */
export function lineMatcher({ stream, since, until, text, contains, fields = [] }: LogFilter): LineMatcher {
  const terms = text?.split(/\s+/).filter(Boolean) ?? [];
  if (terms.length + fields.length > MAX_TERMS) throw badRequest(`where: at most ${MAX_TERMS} words and fields`);
  if ((text?.length ?? 0) + (contains?.length ?? 0) > MAX_CHARACTERS)
    throw badRequest(`where: at most ${MAX_CHARACTERS} characters`);
  if (JSON.stringify(fields).length > 2 * MAX_CHARACTERS)
    throw badRequest(`where: at most ${2 * MAX_CHARACTERS} characters of fields and values`);
  const patterns = terms.map(patternOf);
  const tests = fields.map(fieldTest);
  const letter = stream && (stream === 'stderr' ? 'e' : 'o');
  return {
    words: [
      ...new Set([
        ...terms.flatMap(wordsOf),
        ...(contains ? innerWords(contains) : []),
        ...fields.flatMap(wordsOfTest),
      ]),
    ],
    matches(line) {
      if (letter && line.stream !== letter) return false;
      if (since !== undefined && line.at < since) return false;
      if (until !== undefined && line.at >= until) return false;
      if (contains && !line.text.includes(contains)) return false;
      for (const pattern of patterns) if (!pattern.test(line.text)) return false;
      if (!tests.length) return true;
      const object = fieldsOf(line.text);
      return object !== undefined && tests.every((test) => test(object));
    },
  };
}

/** A word is whole: neither side has another ASCII letter or digit, as in the filters of rows. */
function patternOf(term: string): RegExp {
  const escaped = term.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
  const before = /^[A-Za-z0-9]/.test(term) ? '(?<![A-Za-z0-9])' : '';
  const after = /[A-Za-z0-9]$/.test(term) ? '(?![A-Za-z0-9])' : '';
  return new RegExp(`${before}${escaped}${after}`, 'i');
}

/** Words that are whole wherever the text stands: not those at its ends. */
const innerWords = (text: string): string[] =>
  wordsOf(text.replace(/^[A-Za-z0-9]+|(?<![A-Za-z0-9])[A-Za-z0-9]+$/g, ''));

/** What stands in JSON as it is, whoever wrote it: no writer escapes these. PHP's does `/`, and .NET's `+`. */
const PLAIN = /^[\w .:,;@#$%()*=?![\]{}|~^-]*$/;
const plainWords = (text: string): string[] => (PLAIN.test(text) ? wordsOf(text) : []);

const wordsOfTest = ({ field, eq, exists }: FieldTest): string[] => {
  // what a line need not have says nothing of its words
  if (exists === false) return [];
  return [...field.split('.').flatMap(plainWords), ...(typeof eq === 'string' ? plainWords(eq) : [])];
};

function fieldTest(test: FieldTest): (object: Readonly<Record<string, unknown>>) => boolean {
  const { field, eq, ne, in: some, gt, gte, lt, lte, exists } = test;
  const path = field.split('.');
  if (path.length > MAX_NAMES) throw badRequest(`where: at most ${MAX_NAMES} names in a field`);
  const names = joined(path);
  const [equal, other] = [isEqualTo(eq), isEqualTo(ne)];
  const any = some?.map(isEqualTo);
  if ([eq, ne, some, gt, gte, lt, lte, exists].every((each) => each === undefined))
    throw badRequest(`where: nothing is said of the field ${JSON.stringify(field)}`);
  return (object) => {
    const value = valueAt(object, names);
    if (exists !== undefined && (value !== undefined) !== exists) return false;
    const text = typeof value === 'object' ? JSON.stringify(value) : undefined;
    if (eq !== undefined && !equal(value, text)) return false;
    if (ne !== undefined && (value === undefined || other(value, text))) return false;
    if (any !== undefined && !any.some((is) => is(value, text))) return false;
    if ([gt, gte, lt, lte].every((bound) => bound === undefined)) return true;
    if (typeof value !== 'number') return false;
    return (
      (gt === undefined || value > gt) &&
      (gte === undefined || value >= gte) &&
      (lt === undefined || value < lt) &&
      (lte === undefined || value <= lte)
    );
  };
}

/** Of each place in a path the names that may stand there, the longest first, and the place after it. */
const joined = (path: readonly string[]): readonly (readonly [name: string, next: number])[][] =>
  path.map((_, from) =>
    path
      .slice(from)
      .map((__, i) => [path.slice(from, from + i + 1).join('.'), from + i + 1] as const)
      .reverse(),
  );

/** A field may itself have dots in its name, as OpenTelemetry's have: the longest name counts. */
function valueAt(object: unknown, names: ReturnType<typeof joined>, from = 0): unknown {
  const here = names[from];
  if (!here) return object;
  if (!isRecord(object)) return undefined;
  for (const [name, next] of here) {
    if (!Object.hasOwn(object, name)) continue;
    const value = valueAt(object[name], names, next);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** @returns asks a value, and its text where it is an object or a list */
function isEqualTo(wanted: unknown): (value: unknown, text: string | undefined) => boolean {
  const wantedText = typeof wanted === 'object' ? JSON.stringify(wanted) : undefined;
  return (value, text) => value === wanted || (text !== undefined && text === wantedText);
}
