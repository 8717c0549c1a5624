import { randomUUID } from 'node:crypto';

/**
 * A number as it stands in a JSON text, where its value does not tell: `1.0` and `1e3` are no integers to Go's decoder,
 * and an integer beyond 2^53 is a bigint. Lives only between parsing and decoding.
 */
export class NumberToken {
  readonly value: number | bigint;
  constructor(readonly text: string) {
    this.value = exactNumber(text);
  }
}

const INTEGER = /^-?\d+$/;
const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

/** Integers of 64 bits as they are, all else as a double: what Go makes of a number in free-form JSON. */
function exactNumber(text: string): number | bigint {
  const number = Number(text);
  // none of 64 bits is longer
  if (Number.isSafeInteger(number) || text.length > 20 || !INTEGER.test(text)) return number;
  const exact = BigInt(text);
  return exact >= INT64.min && exact <= INT64.max ? exact : number;
}

/** No string of a client begins with it. */
const MARK = `${randomUUID()}:`;

/**
 * JSON.parse that keeps odd numbers as NumberTokens. Only for texts of which `scanJson` says that there are such: it
 * writes them into the text as strings, and turns those back.
 * @param ofString what a string that is no key is kept as, of its text; undefined for one that is kept as it is
 */
export function parseWithTokens(text: string, ofString?: (literal: string) => object | undefined): unknown {
  let out = '';
  let done = 0;
  const mark = (from: number, to: number): void => {
    out += text.slice(done, from) + JSON.stringify(MARK + text.slice(from, to));
    done = to;
  };
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 34) {
      const end = endOfString(text, i);
      if (ofString && !isKey(text, end + 1)) mark(i, end + 1);
      i = end;
    } else if (c === 45 || (c >= 48 && c <= 57)) {
      const end = endOfNumber(text, i);
      if (isOdd(text, i, end)) mark(i, end);
      i = end - 1;
    }
  }
  return JSON.parse(out + text.slice(done), (_, value: unknown) => {
    if (typeof value !== 'string' || !value.startsWith(MARK)) return value;
    const literal = value.slice(MARK.length);
    return literal.startsWith('"') ? (ofString?.(literal) ?? (JSON.parse(literal) as string)) : token(literal);
  });
}

/** Whether what ends before `at` is followed by a colon. */
function isKey(text: string, at: number): boolean {
  let i = at;
  while (i < text.length && ' \t\n\r'.includes(text[i]!)) i++;
  return text.charCodeAt(i) === 58;
}

/** What JSON takes for a number: the scan finds where one ends by its characters alone. */
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function token(text: string): number | NumberToken {
  if (!NUMBER.test(text)) throw new SyntaxError(`${text} is no number`);
  const number = Number(text);
  return Number.isSafeInteger(number) && INTEGER.test(text) ? number : new NumberToken(text);
}

/** The index after the number that begins at `start`. */
export function endOfNumber(text: string, start: number): number {
  let end = start + 1;
  for (; end < text.length; end++) {
    const c = text.charCodeAt(end);
    if (!((c >= 48 && c <= 57) || c === 46 || c === 43 || c === 45 || c === 69 || c === 101)) break;
  }
  return end;
}

/** Whether a double may say less than the text does. */
export function isOdd(text: string, start: number, end: number): boolean {
  if (end - start > 15) return true;
  for (let i = start; i < end; i++) {
    const c = text.charCodeAt(i);
    if (c === 46 || c === 69 || c === 101) return true;
  }
  return false;
}

/** Index of the quote that ends the string which begins at `start`. */
export function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 92) slashes++;
    if (slashes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

/** The first number of a value that is so, as it was written; undefined where there is none. */
export function findNumber(value: unknown, isSo: (text: string) => boolean): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (value instanceof NumberToken) return isSo(value.text) ? value.text : undefined;
  for (const item of Object.values(value)) {
    const found = findNumber(item, isSo);
    if (found !== undefined) return found;
  }
  return undefined;
}

const isTooLarge = (text: string): boolean => !Number.isFinite(Number(text));

/** The first number of a value that is too large for a double, as it was written; undefined where there is none. */
export const tooLargeNumber = (value: unknown): string | undefined => findNumber(value, isTooLarge);

/** Whether a number with a fraction is so near to an integer that a double says that integer: 1.00000000000000000001. */
export function isRoundedToInteger(text: string): boolean {
  if (!Number.isInteger(Number(text))) return false;
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e', 2);
  const [whole = '', fraction = ''] = mantissa.split('.', 2);
  const digits = whole + fraction;
  let end = digits.length;
  while (end > 0 && (digits.charCodeAt(end - 1) === 48 || digits.charCodeAt(end - 1) === 45)) end--;
  // digits behind the point that are no zeros at the end; a zero has none
  return end > 0 && fraction.length - Number(exponent) > digits.length - end;
}

/** What encoding/json says of such a number. `place` is where it stands: `Go struct field Taint.key`. */
export const notADouble = (text: string, place = 'Go value'): string =>
  `json: cannot unmarshal number ${text} into ${place} of type float64`;

/** The value with numbers in the place of tokens. */
export function withoutTokens(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof NumberToken) return value.value;
  if (Array.isArray(value)) return value.map(withoutTokens);
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const item = withoutTokens((value as Record<string, unknown>)[key]);
    if (key === '__proto__')
      Object.defineProperty(out, key, { value: item, enumerable: true, configurable: true, writable: true });
    else out[key] = item;
  }
  return out;
}

/** JSON.parse that keeps integers beyond 2^53 as bigints. */
export const parseExact = (text: string): unknown => withoutTokens(parseWithTokens(text));

const MARKED = new RegExp(`"${MARK}(-?\\d+)"`, 'g');
const marked = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${MARK}${value}` : value);

/** JSON.stringify refuses bigints, so a value without any, which nearly all are, costs nothing more than that. */
function stringifyBigints(value: unknown, refused: unknown, indent?: number): string {
  if (!(refused instanceof TypeError)) throw refused;
  return JSON.stringify(value, marked, indent).replace(MARKED, '$1');
}

/** JSON.stringify that writes bigints as numbers. */
export function stringifyExact(value: unknown, indent?: number): string {
  try {
    return JSON.stringify(value, undefined, indent);
  } catch (error) {
    return stringifyBigints(value, error, indent);
  }
}

/** The same, and whether the text has integers that JSON.parse would round: then only `parseExact` reads it as it was. */
export function stringifyMarked(value: object): { text: string; exact: boolean } {
  try {
    return { text: JSON.stringify(value), exact: false };
  } catch (error) {
    return { text: stringifyBigints(value, error), exact: true };
  }
}
