import { itemsByKey, keysOfList, labelsOf, type ListKeys } from './diff-lists.ts';
import { formatStep } from './diff-path.ts';
import { fieldOf, type At, type Shape } from './diff-shape.ts';
import { isRecord } from './record.ts';

/** One field that differs. `from` is absent of what was added, `to` of what was reends. */
export interface FieldChange {
  /** as diff-path.ts writes it; '' is the whole */
  path: string;
  op: 'add' | 'remove' | 'replace';
  from?: unknown;
  to?: unknown;
}

/** Differences within one value beyond which it is said to be another as a whole. */
const MAX_CHANGES = 500;
/** So deep values are compared and not taken apart. */
const MAX_DEPTH = 100;
/** Where items are looked for their counterpart, all below is looked at once more: this may be nested less. */
const SEARCHED_DEPTH = 12;

/**
 * What makes `b` of `a`, in the order in which it has to be done (`applyDiff`). The items of lists with merge keys are
 * told by these, members of sets by themselves, and others by their place: those that go come last to first, and those
 * that are new first to last. Values are those of `a` and `b` themselves, not copies. Costs nothing for parts that both
 * share by reference.
 * @param schema says which lists have keys; without it none has
 */
export function diffObjects(a: unknown, b: unknown, schema?: Shape): FieldChange[] {
  const changes = valueChanges(a, b, '', { schema }, 0);
  return changes.length > MAX_CHANGES ? [{ path: '', op: 'replace', from: a, to: b }] : changes;
}

function valueChanges(a: unknown, b: unknown, path: string, at: At, depth: number): FieldChange[] {
  if (a === b) return [];
  const changes =
    depth >= MAX_DEPTH
      ? undefined
      : isRecord(a) && isRecord(b)
        ? fieldChanges(a, b, path, at, depth)
        : Array.isArray(a) && Array.isArray(b)
          ? listChanges(a, b, path, at, depth)
          : undefined;
  if (!changes) return same(a, b) ? [] : [{ path, op: 'replace', from: a, to: b }];
  return changes.length > MAX_CHANGES ? [{ path, op: 'replace', from: a, to: b }] : changes;
}

type Fields = Record<string, unknown>;
/** A field that is undefined is not there. */
const has = (fields: Fields, key: string): boolean => Object.hasOwn(fields, key) && fields[key] !== undefined;

function fieldChanges(a: Fields, b: Fields, path: string, at: At, depth: number): FieldChange[] {
  const changes: FieldChange[] = [];
  for (const key of Object.keys(a)) {
    if (a[key] === b[key] && Object.hasOwn(b, key)) continue;
    if (!has(a, key)) continue;
    const step = path + formatStep({ field: key }, path === '');
    if (!has(b, key)) changes.push({ path: step, op: 'remove', from: a[key] });
    else for (const change of valueChanges(a[key], b[key], step, fieldOf(at, key), depth + 1)) changes.push(change);
  }
  for (const key of Object.keys(b)) {
    if (!has(b, key) || has(a, key)) continue;
    changes.push({ path: path + formatStep({ field: key }, path === ''), op: 'add', to: b[key] });
  }
  return changes;
}

function listChanges(a: unknown[], b: unknown[], path: string, at: At, depth: number): FieldChange[] {
  const keys = keysOfList(at);
  return (keys && keyedChanges(a, b, path, keys, at, depth)) ?? indexChanges(a, b, path, at, depth);
}

/** Undefined where items cannot be told by their keys: some have none, or the same. */
function keyedChanges(
  a: unknown[],
  b: unknown[],
  path: string,
  keys: ListKeys,
  at: At,
  depth: number,
): FieldChange[] | undefined {
  const before = itemsByKey(a, keys);
  const after = before && itemsByKey(b, keys);
  if (!before || !after) return undefined;
  const changes: FieldChange[] = [];
  const order: string[] = [];
  const item: At = { schema: at.schema?.item };
  for (const [label, from] of before) {
    const to = after.get(label);
    if (!to) changes.push({ path: path + label, op: 'remove', from: from.value });
    else {
      order.push(label);
      for (const change of valueChanges(from.value, to.value, path + label, item, depth + 1)) changes.push(change);
    }
  }
  for (const [label, { value }] of after) {
    if (before.has(label)) continue;
    order.push(label);
    changes.push({ path: path + label, op: 'add', to: value });
  }
  const wanted = labelsOf(after);
  if (!order.every((label, i) => label === wanted[i]))
    changes.push({ path: `${path}[]`, op: 'replace', from: labelsOf(before), to: wanted });
  return changes;
}

function indexChanges(a: unknown[], b: unknown[], path: string, at: At, depth: number): FieldChange[] {
  const changes: FieldChange[] = [];
  const item: At = { schema: at.schema?.item };
  const step = (index: number): string => path + formatStep({ index }, path === '');
  const ends = a.length === b.length ? { start: 0, tail: 0 } : commonEnds(a, b);
  const deeper = depth + (a.length === b.length ? 1 : SEARCHED_DEPTH);
  const both = Math.min(a.length, b.length) - ends.tail;
  for (let i = ends.start; i < both; i++)
    for (const change of valueChanges(a[i], b[i], step(i), item, deeper)) changes.push(change);
  for (let i = a.length - ends.tail - 1; i >= both; i--) changes.push({ path: step(i), op: 'remove', from: a[i] });
  for (let i = both; i < b.length - ends.tail; i++) changes.push({ path: step(i), op: 'add', to: b[i] });
  return changes;
}

/** How many items are the same at the beginning of two lists, and at their end. */
function commonEnds(a: unknown[], b: unknown[]): { start: number; tail: number } {
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && same(a[start], b[start])) start++;
  let tail = 0;
  while (tail < shorter - start && same(a[a.length - 1 - tail], b[b.length - 1 - tail])) tail++;
  return { start, tail };
}

/** Deep equality, by a stack of its own: values may be deeper than the program's. */
export function same(a: unknown, b: unknown): boolean {
  const stack: [unknown, unknown][] = [[a, b]];
  for (let pair = stack.pop(); pair; pair = stack.pop()) {
    const [left, right] = pair;
    if (left === right) continue;
    if (Array.isArray(left) && Array.isArray(right)) {
      if (left.length !== right.length) return false;
      for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) stack.push([left[i], right[i]]);
    } else if (isRecord(left) && isRecord(right)) {
      const keys = Object.keys(left).filter((key) => left[key] !== undefined);
      if (keys.length !== Object.keys(right).filter((key) => right[key] !== undefined).length) return false;
      for (const key of keys) {
        if (!has(right, key)) return false;
        if (left[key] !== right[key]) stack.push([left[key], right[key]]);
      }
    } else return false;
  }
  return true;
}
