import type { ObjectLike } from '../meta/object.ts';
import type { Kind } from './kind.ts';
import type { Others, Relation } from './relation.ts';

/** A relation that leads to a kind, and the kind that declares it, in its preferred version. */
export interface Leading {
  relation: Relation<ObjectLike>;
  declaring: Kind;
}

/** Whether a relation may lead to any kind, or any that can be scaled, and none says more of it. */
export const isToEvery = (others: Others): others is Extract<Others, { every: unknown }> =>
  typeof others === 'object' && !Array.isArray(others);

/** The storage keys of what a relation leads to. */
export function keysOfOthers(others: Others, all: readonly Kind[]): readonly string[] {
  if (!isToEvery(others)) return typeof others === 'string' ? [others] : others;
  const scalable = others.every === 'scalable';
  const keys = all.flatMap(({ storage, subresources }) =>
    storage.persisted && (!scalable || subresources.has('scale')) ? storage.key : [],
  );
  return [...new Set(keys)];
}

/**
 * What leads to each kind, by `all` or `typed` (see Registry.leadingTo) and its storage key. A list that says the same as before is the same: who made something of it
 * sees that nothing has changed.
 */
export function leadingTo(
  all: readonly Kind[],
  preferred: ReadonlyMap<string, Kind>,
  before: ReadonlyMap<string, readonly Leading[]>,
): Map<string, readonly Leading[]> {
  const byKey = new Map<string, Leading[]>();
  const add = (name: string, one: Leading): void => {
    const leading = byKey.get(name);
    if (leading) leading.push(one);
    else byKey.set(name, [one]);
  };
  for (const declaring of preferred.values()) {
    for (const relation of declaring.storage.strategy.relations ?? []) {
      if (relation.back === undefined) continue;
      for (const key of keysOfOthers(relation.to, all)) {
        add(`all ${key}`, { relation, declaring });
        // a definition adds no field to the type of a built-in kind
        if (!declaring.custom || preferred.get(key)?.custom) add(`typed ${key}`, { relation, declaring });
      }
    }
  }
  const same = (a: readonly Leading[], b: readonly Leading[]): boolean =>
    a.length === b.length && a.every((one, i) => one.relation === b[i]?.relation && one.declaring === b[i].declaring);
  return new Map(
    [...byKey].map(([key, leading]) => {
      const last = before.get(key);
      return [key, last && same(leading, last) ? last : leading];
    }),
  );
}
