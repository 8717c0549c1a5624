import { SHORT_ESCAPES } from '../../go/quote.ts';
import { compileRegexp, RegexpError } from '../../go/regexp.ts';
import { ofPattern, ofText, PATTERN, sizeOf, TRAVERSAL } from '../cost.ts';
import { func, method, type Costs, type Estimate, type Library, type Sized } from '../overload.ts';
import { add, MAX_COUNT, multiply, NOTHING, ONE, scale, UNKNOWN, type Range } from '../range.ts';
import { cut, pointIndex, pointsOf, sizeOfText } from '../text.ts';
import { BOOL, BYTES, DYN, INT, listOf, mapOf, parameter, STRING } from '../types.ts';
import { adapt, error, isList, NO_OVERLOAD, type Value } from '../values.ts';
import { work } from '../work.ts';
import { formatText } from './format-text.ts';
import { SEARCH } from './search-costs.ts';

const sizeAt = (values: readonly Sized[], i: number): Range => values[i]?.size ?? UNKNOWN;
const textAt = (values: readonly Value[], i: number): number => sizeOf(values[i] as Value);
/** What a look at each character of an argument costs; `sized`: and the result is as long. */
const perCharacter = (i: number, times = 1, sized = false): Costs => ({
  cost: (values) => ofText(textAt(values, i), times),
  estimate: (values) => ({
    cost: scale(sizeAt(values, i), times * TRAVERSAL),
    ...(sized && { size: sizeAt(values, i) }),
  }),
});
/** One text searched for another: the product of both. */
const CONTAINS: Costs = {
  cost: (values) => ofText(textAt(values, 0)) * ofText(textAt(values, 1)),
  estimate: (values) => ({
    cost: multiply(scale(sizeAt(values, 0), TRAVERSAL), scale(sizeAt(values, 1), TRAVERSAL)),
  }),
};
const patternEstimate = (values: readonly Sized[]): Range =>
  multiply(scale(add(sizeAt(values, 0), ONE), TRAVERSAL), scale(sizeAt(values, 1), PATTERN));
const MATCHES: Costs = {
  cost: (values) => ofPattern(textAt(values, 0), textAt(values, 1)),
  estimate: (values) => ({ cost: patternEstimate(values) }),
};
const FIND: Costs = {
  ...MATCHES,
  estimate: (values) => ({ cost: patternEstimate(values), size: { min: 0, max: sizeAt(values, 0).max } }),
};
/** An automaton takes its time to begin, and for each character. */
const SEARCH_WORK = 30;
function searching(text: string, run: () => Value): Value {
  work(SEARCH_WORK + text.length);
  try {
    return run();
  } catch (failure) {
    if (failure instanceof RegexpError) return error(failure.message);
    throw failure;
  }
}
const matches = (text: string, pattern: string): Value => searching(text, () => compileRegexp(pattern).test(text));
const findAll = (text: string, pattern: string, limit: number | bigint = -1): Value =>
  searching(text, () => compileRegexp(pattern).findAll(text, Number(limit)));

const outside = (at: Value): Value => error(`index out of range: ${String(at)}`);
function charAt(text: string, at: number | bigint): Value {
  const size = sizeOfText(text);
  if (at < 0 || at > size) return outside(at);
  return at === size ? '' : (pointsOf(text)[Number(at)] as string);
}
function indexOf(text: string, part: string, from: number | bigint = 0): Value {
  if (part === '') return from;
  if (from < 0) return outside(from);
  const start = from === 0 ? 0 : cut(text, 0, Number(from)).length;
  work(text.length / 16);
  return pointIndex(text, text.indexOf(part, start));
}
function lastIndexOf(text: string, part: string, from?: number | bigint): Value {
  const size = sizeOfText(text);
  if (part === '') return from ?? size;
  if (from !== undefined && from < 0) return outside(from);
  if (from !== undefined && from >= size) return -1;
  work(text.length / 16);
  const start = from === undefined ? Infinity : cut(text, 0, Number(from)).length;
  return pointIndex(text, text.lastIndexOf(part, start));
}
function substring(text: string, from: number | bigint, to?: number | bigint): Value {
  const size = sizeOfText(text);
  if (to !== undefined && from > to)
    return error(`invalid substring range. start: ${String(from)}, end: ${String(to)}`);
  if (from < 0 || from > size) return outside(from);
  if (to !== undefined && to > size) return outside(to);
  return cut(text, Number(from), to === undefined ? undefined : Number(to));
}
/** Go's strings.Replace: an empty text stands before each character, and at the end. */
function replace(text: string, from: string, to: string, count: number | bigint = -1): Value {
  const limit = count < 0 ? Infinity : Number(count);
  if (from === to || limit === 0) return text;
  if (from === '') {
    const points = [...text];
    work(text.length + Math.min(limit, points.length + 1) * to.length);
    return points.map((char, i) => (i < limit ? to + char : char)).join('') + (points.length < limit ? to : '');
  }
  const parts = splitN(text, from, limit + 1);
  work(text.length / 16 + parts.length * (1 + to.length / 16));
  return parts.join(to);
}
/** At most `limit` parts, the last is the rest. */
function splitN(text: string, separator: string, limit: number): string[] {
  if (limit <= 0) return [];
  const parts = separator === '' ? [...text] : text.split(separator);
  work(parts.length + text.length / 16);
  if (parts.length <= limit) return parts;
  return [...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)];
}
const split = (text: string, separator: string, limit: number | bigint = -1): Value =>
  splitN(text, separator, limit < 0 ? Infinity : Number(limit));
function join(list: readonly unknown[], separator = ''): Value {
  let size = 0;
  for (const item of list) {
    if (typeof item !== 'string') return error(`join: invalid input: ${String(adapt(item))}`);
    size += item.length + separator.length;
  }
  work(list.length + size / 16);
  return list.join(separator);
}
// eslint-disable-next-line no-control-regex -- these are the characters that are escaped
const quote = (text: string): Value => `"${text.replaceAll(/[\x07-\r\\"]/g, (char) => SHORT_ESCAPES[char] ?? char)}"`;
/** Go's unicode.IsSpace. */
const trim = (text: string): string =>
  text.replace(/^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/, '').replace(SPACE_END, '');
const SPACE_END =
  /(?<![\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000])[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/;

function splitEstimate(values: readonly Sized[]): Estimate {
  const limit = values[2]?.literal;
  const size = sizeAt(values, 0);
  const max = typeof limit === 'number' ? (limit < 0 ? MAX_COUNT : limit) : size.max;
  return { cost: scale(size, 2 * TRAVERSAL), size: { min: 0, max } };
}
function joinEstimate(values: readonly Sized[]): Estimate {
  const [list, separator] = values;
  const count = list?.size ?? UNKNOWN;
  let size = list?.items ? multiply(count, list.items.size) : NOTHING;
  if (separator) {
    const between = { min: Math.max(0, count.min - 1), max: Math.max(0, count.max - 1) };
    size = add(size, multiply(separator.size, between));
  }
  return { cost: scale(size, TRAVERSAL), size };
}
function replaceEstimate(values: readonly Sized[]): Estimate {
  const [text, from, to] = [sizeAt(values, 0), sizeAt(values, 1), sizeAt(values, 2)];
  let [mostParts, mostKept] = [0, 0];
  if (from.min === 0) [mostParts, mostKept] = [Math.min(text.max + 1, MAX_COUNT), text.max];
  else if (to.max <= from.min) mostKept = text.max;
  else mostParts = Math.ceil(text.max / from.min);
  let [leastParts, leastKept] = [0, 0];
  if (from.max === 0) [leastParts, leastKept] = [Math.min(text.min + 1, MAX_COUNT), text.min];
  else if (from.max <= to.min) leastKept = text.min;
  else leastParts = Math.ceil(text.min / from.max);
  const size = add(multiply({ min: leastParts, max: mostParts }, to), { min: leastKept, max: mostKept });
  return { cost: scale(text, 2 * TRAVERSAL), size };
}
const SPLIT: Costs = { cost: (values) => ofText(textAt(values, 0), 2), estimate: splitEstimate };
const JOIN: Costs = { cost: (_, result) => ofText(sizeOf(result), 2), estimate: joinEstimate };
const REPLACE: Costs = { cost: (values) => ofText(textAt(values, 0), 2), estimate: replaceEstimate };
const SAME_SIZE = perCharacter(0, 1, true);

/** Functions that say of other values only that they do not take them. */
const ofTexts =
  (run: (text: string, part: string) => Value) =>
  (text: Value, part: Value): Value =>
    typeof text === 'string' && typeof part === 'string' ? run(text, part) : NO_OVERLOAD;
const strings2 = [STRING, STRING];
const strings3 = [STRING, STRING, STRING];
const [A, B] = [parameter('A'), parameter('B')];
const size = (value: Value): Value => sizeOf(value);

export const strings: Library = {
  size: [
    func('size_bytes', [BYTES], INT, size),
    method('bytes_size', [BYTES], INT, size),
    func('size_list', [listOf(A)], INT, size),
    method('list_size', [listOf(A)], INT, size),
    func('size_map', [mapOf(A, B)], INT, size),
    method('map_size', [mapOf(A, B)], INT, size),
    func('size_string', [STRING], INT, size),
    method('string_size', [STRING], INT, size),
  ],
  contains: [
    method(
      'contains_string',
      strings2,
      BOOL,
      ofTexts((text, part) => {
        work((text.length + part.length) / 16);
        return text.includes(part);
      }),
      { ...CONTAINS, loose: true },
    ),
  ],
  startsWith: [
    method(
      'starts_with_string',
      strings2,
      BOOL,
      ofTexts((text, part) => text.startsWith(part)),
      {
        loose: true,
        cost: (values) => ofText(textAt(values, 0)),
        estimate: (values) => ({ cost: scale(sizeAt(values, 1), TRAVERSAL) }),
      },
    ),
  ],
  endsWith: [
    method(
      'ends_with_string',
      strings2,
      BOOL,
      ofTexts((text, part) => text.endsWith(part)),
      {
        loose: true,
        cost: (values) => ofText(textAt(values, 0)),
        estimate: (values) => ({ cost: scale(sizeAt(values, 1), TRAVERSAL) }),
      },
    ),
  ],
  matches: [func('matches', strings2, BOOL, matches), method('matches_string', strings2, BOOL, matches, MATCHES)],
  find: [
    method(
      'string_find_string',
      strings2,
      STRING,
      (text: string, pattern: string) => searching(text, () => compileRegexp(pattern).find(text) ?? ''),
      FIND,
    ),
  ],
  findAll: [
    method('string_find_all_string', strings2, listOf(STRING), findAll, FIND),
    method('string_find_all_string_int', [STRING, STRING, INT], listOf(STRING), findAll, FIND),
  ],
  charAt: [method('string_char_at_int', [STRING, INT], STRING, charAt)],
  lowerAscii: [
    method(
      'string_lower_ascii',
      [STRING],
      STRING,
      (text: string) => text.replaceAll(/[A-Z]+/g, (part) => part.toLowerCase()),
      SAME_SIZE,
    ),
  ],
  upperAscii: [
    method(
      'string_upper_ascii',
      [STRING],
      STRING,
      (text: string) => text.replaceAll(/[a-z]+/g, (part) => part.toUpperCase()),
      SAME_SIZE,
    ),
  ],
  trim: [method('string_trim', [STRING], STRING, trim, SAME_SIZE)],
  substring: [
    method('string_substring_int', [STRING, INT], STRING, substring, SAME_SIZE),
    method('string_substring_int_int', [STRING, INT, INT], STRING, substring, SAME_SIZE),
  ],
  replace: [
    method('string_replace_string_string', strings3, STRING, replace, REPLACE),
    method('string_replace_string_string_int', [...strings3, INT], STRING, replace, REPLACE),
  ],
  split: [
    method('string_split_string', strings2, listOf(STRING), split, SPLIT),
    method('string_split_string_int', [STRING, STRING, INT], listOf(STRING), split, SPLIT),
  ],
  join: [
    method('list_join', [listOf(STRING)], STRING, join, JOIN),
    method('list_join_string', [listOf(STRING), STRING], STRING, join, JOIN),
  ],
  format: [
    method(
      'string_format',
      [STRING, listOf(DYN)],
      STRING,
      (text: string, list: readonly unknown[]) => (isList(list) ? formatText(text, list) : error('no such overload')),
      {
        cost: (values) => ofText(textAt(values, 0)),
        estimate: (values) => ({ cost: scale(sizeAt(values, 0), TRAVERSAL) }),
      },
    ),
  ],
  'strings.quote': [
    func('strings_quote', [STRING], STRING, quote, {
      cost: (values) => ofText(textAt(values, 0)),
      estimate: (values) => {
        const { min, max } = sizeAt(values, 0);
        return {
          cost: scale({ min, max }, TRAVERSAL),
          // what has no bound wraps around, and counts for nothing
          size: { min: min + 2, max: max >= MAX_COUNT ? 0 : max * 2 + 2 },
        };
      },
    }),
  ],
  indexOf: [
    method('string_index_of_string', strings2, INT, indexOf, SEARCH),
    method('string_index_of_string_int', [STRING, STRING, INT], INT, indexOf, SEARCH),
  ],
  lastIndexOf: [
    method('string_last_index_of_string', strings2, INT, lastIndexOf, SEARCH),
    method('string_last_index_of_string_int', [STRING, STRING, INT], INT, lastIndexOf, SEARCH),
  ],
};
