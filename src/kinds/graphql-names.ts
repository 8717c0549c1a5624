import type { GroupVersionKind } from '../meta/gvk.ts';

export interface GraphqlNames {
  type: string;
  one: string;
  many: string;
}

const upper = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
/** `HTTPRoute` → `httpRoute`, `Pod` → `pod`, `CSINode` → `csiNode` */
const lower = (word: string): string =>
  word.replace(/^([A-Z]+)(?=[A-Z][a-z]|$)|^[A-Z]/, (head) => head.toLowerCase()).replace(/^[^A-Za-z_]/, '_$&');
const identifier = (word: string): string => word.replace(/[^A-Za-z0-9_]/g, '');

/** `pods` of `Pod`: the kind's own capitals with the plural's ending. */
function plural(kind: string, resource: string): string {
  const singular = kind.toLowerCase();
  if (resource === singular) return `${lower(kind)}List`;
  let common = 0;
  while (common < singular.length && singular[common] === resource[common]) common++;
  // irregular plurals (`criteria` of `Criterion`) stand as they are
  return common >= Math.min(3, singular.length)
    ? lower(kind).slice(0, common) + identifier(resource.slice(common))
    : identifier(resource);
}

/** Names that another kind has already: the later one puts its group before it, then its version behind. */
export class NameTable {
  private readonly taken = new Map<string, string>();

  /** Unique names of one kind. `owner` is what may share them: nothing else may. */
  names(gvk: GroupVersionKind, resource: string): GraphqlNames {
    const group = upper(identifier(gvk.group.split('.')[0] as string));
    const version = upper(identifier(gvk.version));
    const kind = identifier(gvk.kind);
    const base = { type: kind, one: lower(kind), many: plural(kind, resource) };
    const full = upper(identifier(gvk.group.split('.').map(upper).join('')));
    const prefixed = (head: string): GraphqlNames => ({
      type: head + kind,
      one: lower(head) + kind,
      many: lower(head) + upper(plural(kind, resource)),
    });
    const versioned = (n: GraphqlNames): GraphqlNames => ({
      type: n.type + version,
      one: n.one + version,
      many: n.many + version,
    });
    const sameGroup = this.taken.get(kind)?.startsWith(`${gvk.group}/`) ?? false;
    const choices = sameGroup ? [versioned(base)] : [base, prefixed(group), prefixed(full), versioned(prefixed(full))];
    const free = choices.find((names) => this.free(names)) ?? versioned(prefixed(full));
    for (const name of [free.type, free.one, free.many]) this.taken.set(name, `${gvk.group}/${gvk.version}`);
    return free;
  }

  private free({ type, one, many }: GraphqlNames): boolean {
    return one !== many && ![type, one, many].some((name) => this.taken.has(name));
  }
}
