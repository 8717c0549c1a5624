import type { Test } from './conditions.ts';

/** What a filter demands of one value of every object: it can be asked of the value alone. */
export interface Demand {
  path: readonly string[];
  /** the beginning of the path, which leads through objects only */
  part: readonly string[];
  test: Test;
}

/** The value that a path of names leads to; through no list. */
export function valueAt(object: unknown, path: readonly string[]): unknown {
  let value = object;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
