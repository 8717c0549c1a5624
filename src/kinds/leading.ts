import type { ObjectLike } from '../meta/object.ts';
import type { Kind, Registry } from './kind.ts';
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

/** What is asked of the registry. */
type Kinds = Pick<Registry, 'generation' | 'all' | 'ofKey' | 'preferred'>;

const NONE: readonly Leading[] = [];

/**
 * What leads to each kind, found when somebody asks: of a thousand kinds few are ever asked for, and a relation that may
 * lead to any of them is looked at once and not once for each.
 */
export class LeadingTo {
  /** the relations that have a way back, of the kinds of now */
  private declared: { generation: number; all: readonly Leading[] } = { generation: 0, all: NONE };
  private readonly found = new Map<string, { generation: number; leading: readonly Leading[] }>();

  constructor(private readonly kinds: Kinds) {}

  /**
   * See Registry.leadingTo. A list that says the same as before is the same: who made something of it sees that nothing
   * has changed.
   */
  ask(key: string, which: 'all' | 'typed'): readonly Leading[] {
    const { generation } = this.kinds;
    const name = `${which} ${key}`;
    const known = this.found.get(name);
    if (known?.generation === generation) return known.leading;
    const leading = this.find(key, which);
    const same = known && isSame(leading, known.leading) ? known.leading : leading;
    if (same.length) this.found.set(name, { generation, leading: same });
    else this.found.delete(name);
    return same;
  }

  /** Of kinds that are there no more nothing is kept. */
  forget(key: string): void {
    this.found.delete(`all ${key}`);
    this.found.delete(`typed ${key}`);
  }

  private find(key: string, which: 'all' | 'typed'): readonly Leading[] {
    const isCustom = this.kinds.preferred(key)?.custom ?? false;
    const leading = this.declarations().filter(
      ({ relation, declaring }) =>
        // a definition adds no field to the type of a built-in kind
        (which === 'all' || !declaring.custom || isCustom) && this.leads(relation.to, key),
    );
    return leading.length ? leading : NONE;
  }

  private leads(others: Others, key: string): boolean {
    const keys = keysOfOthers(others, isToEvery(others) ? this.kinds.ofKey(key) : []);
    return keys.includes(key);
  }

  private declarations(): readonly Leading[] {
    const { generation } = this.kinds;
    if (this.declared.generation === generation) return this.declared.all;
    const preferred = new Map<string, Kind>();
    for (const { storage } of this.kinds.all()) preferred.set(storage.key, this.kinds.preferred(storage.key)!);
    const all: Leading[] = [];
    for (const declaring of preferred.values())
      for (const relation of declaring.storage.strategy.relations ?? [])
        if (relation.back !== undefined) all.push({ relation, declaring });
    this.declared = { generation, all };
    return all;
  }
}

const isSame = (a: readonly Leading[], b: readonly Leading[]): boolean =>
  a.length === b.length && a.every((one, i) => one.relation === b[i]?.relation && one.declaring === b[i].declaring);
