import { formatStep, type PathStep } from './diff-path.ts';
import type { At } from './diff-shape.ts';
import { isRecord } from './record.ts';

/** How the items of a list are told from each other: by merge keys, or by themselves. */
export type ListKeys = readonly string[] | 'members';

/** Undefined: by their place alone. */
export function keysOfList({ schema, mergeKey }: At): ListKeys | undefined {
  if (schema?.listType === 'map' && schema.keys?.length) return schema.keys;
  if (schema?.listType === 'set') return 'members';
  return mergeKey ? [mergeKey] : undefined;
}

export interface Keyed {
  value: unknown;
  index: number;
}

/** Items by the step that names them. Undefined where one has no key, or two have the same. */
export function itemsByKey(list: readonly unknown[], keys: ListKeys): Map<string, Keyed> | undefined {
  const items = new Map<string, Keyed>();
  for (const [index, value] of list.entries()) {
    const step = stepOf(value, keys);
    if (!step) return undefined;
    items.set(formatStep(step, false), { value, index });
  }
  return items.size === list.length ? items : undefined;
}

function stepOf(value: unknown, keys: ListKeys): PathStep | undefined {
  if (keys === 'members') return isScalar(value) ? { member: value } : undefined;
  if (!isRecord(value)) return undefined;
  const pairs: [string, unknown][] = [];
  for (const key of keys) {
    const part = Object.hasOwn(value, key) ? value[key] : undefined;
    if (!isScalar(part)) return undefined;
    pairs.push([key, part]);
  }
  return { keys: pairs };
}

const isScalar = (value: unknown): boolean =>
  value !== undefined && (value === null || ['string', 'number', 'boolean', 'bigint'].includes(typeof value));

export const labelsOf = (items: ReadonlyMap<string, Keyed>): string[] => [...items.keys()];
