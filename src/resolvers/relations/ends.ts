import type { Kind, Registry } from '../../kinds/kind.ts';
import type { Others, Relation } from '../../kinds/relation.ts';
import type { ObjectLike } from '../../meta/object.ts';

type Declared = Relation<ObjectLike>;

/** One side of a relation: a field of the kinds that stand there. */
export interface End {
  field: string;
  description: string | undefined;
  relation: Declared;
  /** whose objects say it, in its preferred version */
  declaring: Kind;
  /** what the field leads to, each in its preferred version; for the way back it is the declaring kind */
  to: readonly Kind[];
  /** whether the field stands on the declaring kind */
  forward: boolean;
}

/** The ways back of all relations, by the storage key of the kind that they are fields of. */
interface Backs {
  generation: number;
  byKey: ReadonlyMap<string, readonly End[]>;
}
const backs = new WeakMap<Registry, Backs>();

/** The ends that are fields of a kind. Where two have one name, the first stays: own ones, built-in ones, then by definition. */
export function endsOf(kind: Kind, registry: Registry): readonly End[] {
  const { key, strategy } = kind.storage;
  const declaring = registry.preferred(key) ?? kind;
  const ends = new Map<string, End>();
  for (const relation of strategy.relations ?? []) {
    const { field } = relation;
    const end = field === undefined ? undefined : forwardEnd(relation, field, declaring, registry);
    if (end?.to.length) ends.set(end.field, end);
  }
  for (const end of backsOf(registry).get(key) ?? []) if (!ends.has(end.field)) ends.set(end.field, end);
  const now = [...ends.values()];
  const before = known.get(kind);
  if (before && isSame(before, now)) return before;
  known.set(kind, now);
  return now;
}

/** The same list for as long as nothing of it has changed: what is made of it is kept. */
const known = new WeakMap<Kind, readonly End[]>();

const isSame = (a: readonly End[], b: readonly End[]): boolean =>
  a.length === b.length && a.every((end, i) => isSameEnd(end, b[i]));

const isSameEnd = (a: End, b: End | undefined): boolean =>
  b !== undefined &&
  a.field === b.field &&
  a.relation === b.relation &&
  a.declaring === b.declaring &&
  a.forward === b.forward &&
  // what leads to every kind says so when it is asked
  ((a.forward && isToEvery(a.relation.to)) ||
    (a.to.length === b.to.length && a.to.every((kind, i) => kind === b.to[i])));

/** An end of a kind's own; what leads to every kind leads to those of the time when it is followed. */
function forwardEnd(relation: Declared, field: string, declaring: Kind, registry: Registry): End {
  const { description } = relation;
  const end = { field, description, relation, declaring, forward: true };
  if (!isToEvery(relation.to)) return { ...end, to: kindsOf(relation.to, registry) };
  const { to } = relation;
  let at = { generation: -1, kinds: [] as readonly Kind[] };
  return {
    ...end,
    get to() {
      if (at.generation !== registry.generation) at = { generation: registry.generation, kinds: kindsOf(to, registry) };
      return at.kinds;
    },
  };
}

function backsOf(registry: Registry): Backs['byKey'] {
  const { generation } = registry;
  const known = backs.get(registry);
  if (known?.generation === generation) return known.byKey;
  const byKey = new Map<string, End[]>();
  for (const declaring of registry.all()) {
    if (registry.preferred(declaring.storage.key) !== declaring) continue;
    for (const relation of declaring.storage.strategy.relations ?? []) {
      const { back: field } = relation;
      if (field === undefined) continue;
      for (const kind of kindsOf(relation.to, registry)) {
        const ends = byKey.get(kind.storage.key) ?? [];
        ends.push({ field, description: undefined, relation, declaring, to: [declaring], forward: false });
        byKey.set(kind.storage.key, ends);
      }
    }
  }
  backs.set(registry, { generation, byKey });
  return byKey;
}

/** Whether a relation may lead to any kind, or any that can be scaled, and none says more of it. */
export const isToEvery = (others: Others): others is Extract<Others, { every: unknown }> =>
  typeof others === 'object' && !Array.isArray(others);

function kindsOf(others: Others, registry: Registry): Kind[] {
  const keys = isToEvery(others)
    ? new Set(registry.all().flatMap((kind) => (isAmong(others, kind) ? kind.storage.key : [])))
    : typeof others === 'string'
      ? [others]
      : others;
  return [...keys].flatMap((key) => registry.preferred(key) ?? []);
}

const isAmong = ({ every }: Extract<Others, { every: unknown }>, { storage, subresources }: Kind): boolean =>
  storage.persisted && (every === 'stored' || subresources.has('scale'));
