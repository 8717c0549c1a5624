import type { Kind } from './kind.ts';
import type { Rights } from './rights.ts';

/** Where lists of a kind can be read, and how. */
export interface Within {
  /** none: everywhere */
  namespaces: readonly string[];
  /** whether changes may be followed; else it is read again and again */
  watch: boolean;
}

/** What one may read of what one looks at: a page asks for nothing else. */
export interface Reach {
  /** false: not yet known of what is not allowed everywhere */
  known: boolean;
  /** kinds that one may list, everywhere or in a namespace that is looked at */
  listable: readonly Kind[];
  /** whether one may write anything there */
  writes: boolean;
  /** of the namespaces that are looked at those in which one may list the kind; undefined: in none, or not known yet */
  of(kind: Kind): Within | undefined;
}

type Verbs = ReadonlyMap<string, readonly (readonly string[])[]>;

/** The rights in each of the namespaces, in their order. @internal exported for its test */
export const reachDocument = (namespaces: readonly string[]): string =>
  `query Reach(${namespaces.map((_, n) => `$n${n}: String`).join(', ')}) {
  kinds(preferred: true) {
    resource
    ${namespaces.map((_, n) => `n${n}: rights(namespace: $n${n})`).join(' ')}
  }
}`;

const WRITES = ['create', 'patch', 'update', 'delete'];

/** @param here the verbs of each kind in each of the namespaces; undefined: not known yet */
export function reachOf(
  { kinds, writes }: { kinds: readonly Kind[]; writes: boolean },
  namespaces: readonly string[],
  here: Verbs | undefined,
): Reach {
  const of = (kind: Kind): Within | undefined => {
    const { resource, rights, namespaced } = kind;
    if (rights.includes('list')) return { namespaces: namespaced ? namespaces : [], watch: rights.includes('watch') };
    const verbs = here?.get(resource) ?? [];
    const allowed = namespaced ? namespaces.filter((_, n) => verbs[n]?.includes('list')) : [];
    if (!allowed.length) return undefined;
    return { namespaces: allowed, watch: allowed.every((name) => verbs[namespaces.indexOf(name)]?.includes('watch')) };
  };
  const may = (verbs: readonly string[]): boolean => WRITES.some((verb) => verbs.includes(verb));
  return {
    known: here !== undefined || namespaces.length === 0,
    listable: kinds.filter((kind) => of(kind) !== undefined),
    writes: writes && kinds.some(({ rights, resource }) => may(rights) || here?.get(resource)?.some(may)),
    of,
  };
}

/** How an object may be read: followed, read again and again, not at all (undefined); not known yet: null. */
export type Way = 'follow' | 'read' | undefined | null;

/** @param rights in the object's place; undefined: not known yet */
export function wayTo(kind: Kind, rights: Rights | undefined): Way {
  const follows = (has: (verb: string) => boolean): boolean => has('list') && has('watch');
  if (follows((verb) => kind.rights.includes(verb))) return 'follow';
  if (!rights) return null;
  if (follows((verb) => rights.has(verb))) return 'follow';
  return rights.has('get') ? 'read' : undefined;
}
