import type { Kind, Registry } from '../../kinds/kind.ts';
import { isToEvery, keysOfOthers } from '../../kinds/leading.ts';
import type { Relation } from '../../kinds/relation.ts';
import type { ObjectLike } from '../../meta/object.ts';

/** One side of a relation: a field of the kinds that stand there. */
export interface End {
  field: string;
  description: string | undefined;
  relation: Relation<ObjectLike>;
  /** whose objects say it, in its preferred version */
  declaring: Kind;
  /** what the field leads to, each in its preferred version; none where it may be any kind. The way back is to the declaring kind. */
  to: readonly Kind[];
  /** whether the field stands on the declaring kind */
  forward: boolean;
}

/** The ends that are fields of a kind. Where two have one name, the first stays: own ones, built-in ones, then by definition. */
export function endsOf(kind: Kind, registry: Registry, which: 'all' | 'typed' = 'typed'): readonly End[] {
  const { key, strategy } = kind.storage;
  const declaring = registry.preferred(key) ?? kind;
  const ends = new Map<string, End>();
  for (const relation of strategy.relations ?? []) {
    const { field, description } = relation;
    const any = isToEvery(relation.to);
    const to = any ? [] : keysOfOthers(relation.to, []).flatMap((other) => registry.preferred(other) ?? []);
    if (field !== undefined && (any || to.length))
      ends.set(field, { field, description, relation, declaring, to, forward: true });
  }
  for (const { relation, declaring: from } of registry.leadingTo(key, which)) {
    const { back: field } = relation;
    const name = which === 'all' ? `${from.storage.key} ${field}` : field;
    if (field !== undefined && name !== undefined && !ends.has(name))
      ends.set(name, { field, description: undefined, relation, declaring: from, to: [from], forward: false });
  }
  return [...ends.values()];
}

const every = new WeakMap<Registry, { generation: number; stored: readonly Kind[] }>();

/** What an end leads to, also where it may be any kind: known when it is followed. */
export function kindsOfEnd({ relation, to }: End, registry: Registry): readonly Kind[] {
  if (!isToEvery(relation.to)) return to;
  const { generation } = registry;
  let known = every.get(registry);
  if (known?.generation !== generation) {
    const stored = keysOfOthers({ every: 'stored' }, registry.all()).flatMap((key) => registry.preferred(key) ?? []);
    every.set(registry, (known = { generation, stored }));
  }
  return known.stored;
}
