import { cloneJson } from './clone.ts';
import { itemsByKey, type ListKeys } from './diff-lists.ts';
import { parsePath, type PathStep } from './diff-path.ts';
import type { FieldChange } from './diff.ts';
import { isRecord } from './record.ts';

/**
 * `value` with the changes made, in their order; neither is changed. Items of `value` that the changes do not know stay,
 * behind those that they put in order. Throws Error where a change leads to what is not there.
 */
export function applyDiff(value: unknown, changes: readonly FieldChange[]): unknown {
  const root = { '': cloneJson(value) };
  for (const change of changes) applyOne(root, [{ field: '' }, ...parsePath(change.path)], change);
  return root[''];
}

function applyOne(root: object, steps: readonly PathStep[], change: FieldChange): void {
  let parent: unknown = root;
  for (const step of steps.slice(0, -1)) parent = placeOf(parent, step, change).get();
  const last = steps.at(-1)!;
  if ('order' in last) return putInOrder(parent, change);
  const place = placeOf(parent, last, change);
  if (change.op === 'remove') place.remove();
  else place.set(cloneJson(change.to), change.op === 'add');
}

interface Place {
  get(): unknown;
  /** @param anew an item of a list goes between others */
  set(value: unknown, anew: boolean): void;
  remove(): void;
}

function placeOf(parent: unknown, step: PathStep, change: FieldChange): Place {
  const nowhere = (): never => {
    throw new Error(`there is no ${change.path}`);
  };
  if ('field' in step) {
    if (!isRecord(parent)) return nowhere();
    const { field } = step;
    return {
      get: () => (Object.hasOwn(parent, field) ? parent[field] : nowhere()),
      set: (value) =>
        Object.defineProperty(parent, field, { value, enumerable: true, configurable: true, writable: true }),
      remove: () => delete parent[field],
    };
  }
  if (!Array.isArray(parent) || 'order' in step) return nowhere();
  const list: unknown[] = parent;
  const index = indexOf(list, step);
  if ('index' in step) {
    return {
      get: () => (index < list.length ? list[index] : nowhere()),
      set: (value, anew) => list.splice(index, anew ? 0 : 1, value),
      remove: () => list.splice(index, 1),
    };
  }
  return {
    get: () => (index >= 0 ? list[index] : nowhere()),
    set: (value) => (index >= 0 ? (list[index] = value) : list.push(value)),
    remove: () => index >= 0 && list.splice(index, 1),
  };
}

/** Where an item is; -1 where there is none of these keys. */
function indexOf(list: readonly unknown[], step: Exclude<PathStep, { field: string } | { order: true }>): number {
  if ('index' in step) return step.index;
  if ('member' in step) return list.indexOf(step.member);
  return list.findIndex((item) => isRecord(item) && step.keys.every(([name, value]) => item[name] === value));
}

function putInOrder(list: unknown, { path, to }: FieldChange): void {
  if (!Array.isArray(list) || !Array.isArray(to)) throw new Error(`there is no ${path}`);
  const wanted = new Map(to.map((label, i) => [String(label), i]));
  const items = itemsByKey(list, keysOf(String(to[0])));
  if (!items) throw new Error(`${path} has items that cannot be told from each other`);
  const rank = (label: string): number => wanted.get(label) ?? wanted.size;
  const sorted = [...items].sort(([a], [b]) => rank(a) - rank(b)).map(([, { value }]) => value);
  list.splice(0, list.length, ...sorted);
}

function keysOf(label: string): ListKeys {
  const [step] = parsePath(label);
  return step && 'keys' in step ? step.keys.map(([name]) => name) : 'members';
}
