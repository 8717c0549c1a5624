import { parseDuration } from '../../go/duration.ts';

/** Names of units; of the last of each also longer words are taken. */
const UNITS: readonly (readonly string[])[] = [
  ['ns', 'nano'],
  ['us', 'µs', 'micro'],
  ['ms', 'milli'],
  ['s', 'sec'],
  ['m', 'min'],
  ['h', 'hr', 'hour'],
  ['d', 'day'],
  ['w', 'wk', 'week'],
];
const PART = /(?<!\d)(\d+)[\t\n\f\r ]*([A-Za-zµ]+)/g;
const MOST = 2n ** 63n - 1n;
/** of Go's durations, which are counted in nanoseconds */
const MOST_MS = 2 ** 63 / 1e6;

const isUnit = (word: string): boolean =>
  UNITS.some((names) => names.includes(word) || word.startsWith(names.at(-1) ?? ''));

/** A duration of Go, or one in Scala's words: numbers with units anywhere in the text, one of which there is. */
export function isFormatDuration(text: string): boolean {
  const ms = parseDuration(text);
  if (ms !== undefined && Math.abs(ms) < MOST_MS) return true;
  let any = false;
  for (const [, number = '', word = ''] of text.matchAll(PART)) {
    if (BigInt(number) > MOST) return false;
    any ||= isUnit(word.toLowerCase());
  }
  return any;
}
