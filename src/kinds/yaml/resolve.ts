/** What a plain scalar may be besides a text, by its spelling. Source: YAML 1.1 as go-yaml 2 reads it. */
const WORDS: ReadonlyMap<string, boolean | null> = new Map<string, boolean | null>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
]);
const INTEGER = /^[-+]?(?:0|[1-9]\d*|0[xX][\da-fA-F]+|0[oO]?[0-7]+|0[bB][01]+)$/;
const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;
/** Without a digit before it. */
const FRACTION = /^\.\d+(?:[eE][-+]?\d+)?$/;
const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };
/** Longer ones are floats in any case. */
const MAX_DIGITS = 80;

/** No value has it: infinity and not a number, which JSON cannot say. */
export const NO_NUMBER = Symbol('no number');

function integer(text: string): number | bigint | undefined {
  const negative = text.startsWith('-');
  const digits = text.replace(/^[-+]/, '');
  const octal = /^0[0-7]+$/.test(digits);
  const value = BigInt(octal ? `0o${digits.slice(1)}` : digits) * (negative ? -1n : 1n);
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number === 0 ? 0 : number;
  if (value >= INT64.min && value <= INT64.max) return value;
  return value > 0n && value < 2n ** 64n ? number : undefined;
}

/** A plain scalar's value: null, a boolean, a number, or the text itself. */
export function resolvePlain(text: string): string | number | bigint | boolean | null | typeof NO_NUMBER {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  const first = text.charCodeAt(0);
  const isDigit = first >= 48 && first <= 57;
  if (!isDigit && first !== 43 && first !== 45 && first !== 46) return text;
  if (/^[-+]?\.(?:inf|Inf|INF|nan|NaN|NAN)$/.test(text)) return NO_NUMBER;
  if (first === 46) return FRACTION.test(text) ? finite(text, Number(text)) : text;
  const plain = text.replaceAll('_', '');
  if (plain.length <= MAX_DIGITS && INTEGER.test(plain)) {
    const value = integer(plain);
    if (value !== undefined) return value;
  }
  return FLOAT.test(plain) ? finite(text, Number(plain)) : text;
}

/** A number that no double holds stays the text that it was. */
const finite = (text: string, value: number): string | number => (Number.isFinite(value) ? value : text);
