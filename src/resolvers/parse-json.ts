import {
  findNumber,
  isRoundedToInteger,
  notADouble,
  parseWithTokens,
  tooLargeNumber,
  withoutTokens,
} from '../go/json-numbers.ts';
import { scanJson } from '../go/json-scan.ts';
import { MAX_VALUES } from '../kinds/body-bounds.ts';
import { badRequest } from '../meta/status.ts';
import { tooLarge, tooMuchAsked } from './limit-error.ts';
import { notAnInteger } from './schema/scalars.ts';

/** Values inside each other: what is coerced calls itself for each level. */
const MAX_DEPTH = 500;

/**
 * What a client sends, once it is known not to be too many values or too deep, and that its numbers can be
 * held: what is beyond a double would be infinite here, and null where it is stored, and what is next to an integer
 * would be taken as that integer. An integer of 64 bits is a bigint
 * where a number would not say it exactly.
 * @param what it is, for the error
 */
export function parseJson(what: string, text: string): unknown {
  const scan = scanJson(text);
  if (scan.values > MAX_VALUES) throw tooLarge('values', MAX_VALUES, `${what} has more than ${MAX_VALUES} values`);
  if (scan.depth > MAX_DEPTH) throw tooMuchAsked('levels', MAX_DEPTH, `${what} is deeper than ${MAX_DEPTH} levels`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badRequest(`${what} must be JSON`);
  }
  if (!scan.odd) return value;
  const tokens = parseWithTokens(text);
  const beyond = tooLargeNumber(tokens);
  if (beyond !== undefined) throw badRequest(notADouble(beyond));
  const rounded = findNumber(tokens, isRoundedToInteger);
  if (rounded !== undefined) throw badRequest(notAnInteger(rounded));
  return withoutTokens(tokens);
}
