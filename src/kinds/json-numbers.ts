import { randomUUID } from 'node:crypto';
import { endOfNumber, endOfString, isOdd } from './json-scan.ts';

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
  if (Number.isSafeInteger(number) || !INTEGER.test(text)) return number;
  const exact = BigInt(text);
  return exact >= INT64.min && exact <= INT64.max ? exact : number;
}

/** No string of a client begins with it. */
const MARK = `${randomUUID()}:`;

/**
 * JSON.parse that keeps odd numbers as NumberTokens. Only for texts of which `scanJson` says that there are such: it
 * writes them into the text as strings, and turns those back.
 */
export function parseWithTokens(text: string): unknown {
  let out = '';
  let done = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 34) i = endOfString(text, i);
    else if (c === 45 || (c >= 48 && c <= 57)) {
      const end = endOfNumber(text, i);
      if (isOdd(text, i, end)) {
        out += `${text.slice(done, i)}"${MARK}${text.slice(i, end)}"`;
        done = end;
      }
      i = end - 1;
    }
  }
  return JSON.parse(out + text.slice(done), (_, value: unknown) =>
    typeof value === 'string' && value.startsWith(MARK) ? token(value.slice(MARK.length)) : value,
  );
}

function token(text: string): number | NumberToken {
  const number = Number(text);
  return Number.isSafeInteger(number) && INTEGER.test(text) ? number : new NumberToken(text);
}

/** The value with numbers in the place of tokens. */
export function withoutTokens(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof NumberToken) return value.value;
  if (Array.isArray(value)) return value.map(withoutTokens);
  const out: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const item = withoutTokens((value as Record<string, unknown>)[key]);
    if (key === '__proto__') Object.defineProperty(out, key, { value: item, enumerable: true, configurable: true, writable: true });
    else out[key] = item;
  }
  return out;
}
