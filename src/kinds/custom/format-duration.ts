import { parseDuration } from '../../cel/time.ts';

/** Names of units with their nanoseconds; of the last name of each also longer words are taken. */
const UNITS: readonly (readonly [names: readonly string[], nanos: bigint])[] = [
  [['ns', 'nano'], 1n],
  [['us', 'µs', 'micro'], 1000n],
  [['ms', 'milli'], 1_000_000n],
  [['s', 'sec'], 1_000_000_000n],
  [['m', 'min'], 60_000_000_000n],
  [['h', 'hr', 'hour'], 3_600_000_000_000n],
  [['d', 'day'], 86_400_000_000_000n],
  [['w', 'wk', 'week'], 604_800_000_000_000n],
];
const PART = /(?<!\d)(\d+)[\t\n\f\r ]*([A-Za-zµ]+)/g;
const MOST = 2n ** 63n - 1n;

const isOf = (names: readonly string[], word: string): boolean =>
  names.includes(word) || word.startsWith(names.at(-1) ?? '');

/**
 * The nanoseconds of a duration of Go, or of one in Scala's words: numbers with units anywhere in the text, one of which
 * there is. They are counted in 64 bits, and turn over as Go's do. Undefined for what is none.
 */
export function formatDurationNanos(text: string): bigint | undefined {
  const go = parseDuration(text);
  if (go) return go.nanos;
  let nanos: bigint | undefined;
  for (const [, number = '', word = ''] of text.matchAll(PART)) {
    if (BigInt(number) > MOST) return undefined;
    for (const [names, unit] of UNITS)
      if (isOf(names, word.toLowerCase())) nanos = BigInt.asIntN(64, (nanos ?? 0n) + BigInt(number) * unit);
  }
  return nanos;
}
