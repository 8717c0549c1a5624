import { stringifyExact } from '../../go/json-numbers.ts';

/** JSON whose names are in order at every level: equal values have the same, large integers as they are. */
export const canonicalText = (value: unknown): string => stringifyExact(inOrder(value));

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, part]) => [name, inOrder(part)]));
}
