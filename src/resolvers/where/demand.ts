import type { Test } from './conditions.ts';

/** What a filter demands of one value of every object: it can be asked of the value alone. */
export interface Demand {
  path: readonly string[];
  test: Test;
  /** one of these texts stands in the JSON of every object that meets it; undefined: that is not known */
  texts: readonly string[] | undefined;
}

/** How a string stands in canonical JSON, with its quotes; undefined for one that is written in another way in the middle of others. */
export function inJson(text: string): string | undefined {
  // half of a pair is escaped when it stands alone
  return /[\ud800-\udfff]/.test(text) ? undefined : JSON.stringify(text);
}

/** What stands in JSON between quotes, for a part of a string. */
export const partInJson = (text: string): string | undefined => inJson(text)?.slice(1, -1);

/** The value that a path of names leads to; through no list. */
export function valueAt(object: unknown, path: readonly string[]): unknown {
  let value = object;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
