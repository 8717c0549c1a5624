import type { ObjectLike } from '../meta/object.ts';

/**
 * How much each may have of what is there, so that whoever wants less gets all, and the others as much as one another.
 * @param wanted of each, whole numbers
 */
export function fairShare(wanted: readonly number[], total: number): number {
  let rest = total;
  let left = wanted.length;
  for (const each of wanted.toSorted((a, b) => a - b)) {
    const share = Math.floor(rest / left);
    if (each > share) return share;
    rest -= each;
    left--;
  }
  return total;
}

/** The first of each, then the second of each, and so on. */
export function* inTurn<T>(lists: Iterable<readonly T[]>): Generator<T> {
  let left = [...lists];
  for (let at = 0; left.length > 0; at++) {
    left = left.filter(({ length }) => at < length);
    for (const list of left) yield list[at] as T;
  }
}

/** The objects of each namespace. */
export function byNamespace<T extends ObjectLike>(objects: Iterable<T>): Iterable<T[]> {
  const groups = new Map<string, T[]>();
  for (const object of objects) {
    const { namespace = '' } = object.metadata;
    const group = groups.get(namespace);
    if (group) group.push(object);
    else groups.set(namespace, [object]);
  }
  return groups.values();
}
