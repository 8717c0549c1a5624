import { builtinKinds } from './builtin.ts';
import type { Kind, Registry, StorageKind } from './kind.ts';
import { LeadingTo, type Leading } from './leading.ts';

/** Versions by maturity and number: v2 before v1, before v1beta2, before v1alpha1, before any other name. */
export function compareVersions(a: string, b: string): number {
  const parse = (v: string): [number, number, number] | undefined => {
    const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(v);
    return match
      ? [match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0, Number(match[1]), Number(match[3] ?? 0)]
      : undefined;
  };
  const [x, y] = [parse(a), parse(b)];
  if (!x || !y) return x ? -1 : y ? 1 : a < b ? -1 : a > b ? 1 : 0;
  return y[0] - x[0] || y[1] - x[1] || y[2] - x[2];
}

type Groups = readonly { group: string; versions: readonly string[] }[];

function groupsOf(kinds: readonly Kind[], builtin: number): Groups {
  const groups = new Map<string, string[]>();
  kinds.forEach(({ group, version }, i) => {
    const versions = groups.get(group) ?? [];
    if (versions.includes(version)) return;
    versions.push(version);
    // discovery gives the order of built-in versions; those of custom groups are sorted by rule
    if (i >= builtin) versions.sort(compareVersions);
    groups.set(group, versions);
  });
  return [...groups].map(([group, versions]) => ({ group, versions }));
}

/** What is asked for all kinds at once, made when it is asked for after a change. */
interface Lists {
  all: readonly Kind[];
  groups: Groups | undefined;
}

const NO_KINDS: readonly Kind[] = [];

/** Where a text is in a sorted list, or would be. */
function placeOf(text: string, sorted: readonly string[]): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < text) low = middle + 1;
    else high = middle;
  }
  return low;
}

function byStorageKey(kinds: readonly Kind[]): Map<string, Kind[]> {
  const byKey = new Map<string, Kind[]>();
  for (const kind of kinds) {
    const known = byKey.get(kind.storage.key);
    if (known) known.push(kind);
    else byKey.set(kind.storage.key, [kind]);
  }
  return byKey;
}

/** Kinds by a name that is one's alone; of several that have it, the last of all kinds. */
class ByName {
  private readonly kinds = new Map<string, Kind>();
  /** names that several have or had */
  private readonly shared = new Set<string>();

  constructor(
    private readonly nameOf: (kind: Kind) => string,
    private readonly all: () => readonly Kind[],
  ) {}

  get(name: string): Kind | undefined {
    return this.kinds.get(name);
  }

  replace(before: readonly Kind[], kinds: readonly Kind[]): void {
    const open = new Set<string>();
    for (const kind of before) {
      const name = this.nameOf(kind);
      if (this.kinds.get(name) === kind) this.kinds.delete(name);
      if (this.shared.has(name)) open.add(name);
    }
    for (const kind of kinds) {
      const name = this.nameOf(kind);
      if (this.kinds.has(name)) open.add(name);
      else this.kinds.set(name, kind);
    }
    if (!open.size) return;
    for (const kind of this.all()) {
      const name = this.nameOf(kind);
      if (open.has(name)) this.kinds.set(name, kind);
    }
    for (const name of open) this.shared.add(name);
  }
}

class KindRegistry implements Registry {
  generation = 1;
  private readonly builtin: readonly Kind[];
  private readonly builtinGroups: ReadonlySet<string>;
  private readonly custom = new Map<string, readonly Kind[]>();
  /** the keys of `custom`, sorted: to sort a thousand at each change takes longer than all else that it asks for */
  private readonly definitions: string[] = [];
  private readonly listeners = new Set<(keys: ReadonlySet<string>) => void>();
  private readonly kindsByKey = new Map<string, readonly Kind[]>();
  private readonly builtinByKey: ReadonlyMap<string, readonly Kind[]>;
  /** definitions that have kinds of a storage key */
  private readonly definitionsByKey = new Map<string, Set<string>>();
  private readonly kindsByResource: ByName;
  private readonly kindsByKind: ByName;
  private readonly preferredByKey = new Map<string, Kind>();
  private lists: Lists | undefined;
  private readonly leading = new LeadingTo(this);

  constructor(optional: readonly string[]) {
    this.builtin = builtinKinds(optional);
    this.builtinGroups = new Set(this.builtin.map(({ group }) => group));
    const all = (): readonly Kind[] => this.all();
    this.kindsByResource = new ByName(({ group, version, resource }) => `${group}/${version}/${resource}`, all);
    this.kindsByKind = new ByName(({ group, version, kind }) => `${group}/${version}/${kind}`, all);
    this.kindsByResource.replace([], this.builtin);
    this.kindsByKind.replace([], this.builtin);
    this.builtinByKey = byStorageKey(this.builtin);
    for (const [key, kinds] of this.builtinByKey) {
      this.kindsByKey.set(key, kinds);
      this.prefer(key);
    }
  }
  all(): readonly Kind[] {
    return this.current().all;
  }
  ofKey(key: string): readonly Kind[] {
    return this.kindsByKey.get(key) ?? NO_KINDS;
  }
  groups(): Groups {
    const lists = this.current();
    return (lists.groups ??= groupsOf(lists.all, this.builtin.length));
  }
  byResource(group: string, version: string, resource: string): Kind | undefined {
    return this.kindsByResource.get(`${group}/${version}/${resource}`);
  }
  byKind(group: string, version: string, kind: string): Kind | undefined {
    return this.kindsByKind.get(`${group}/${version}/${kind}`);
  }
  preferred(key: string): Kind | undefined {
    return this.preferredByKey.get(key);
  }
  storage(key: string): StorageKind | undefined {
    return this.preferredByKey.get(key)?.storage;
  }
  leadingTo(key: string, which: 'all' | 'typed'): readonly Leading[] {
    return this.leading.ask(key, which);
  }
  setCustom(definition: string, kinds: readonly Kind[]): void {
    const before = this.custom.get(definition);
    if (kinds.length === 0 && !before) return;
    if (kinds.length) this.custom.set(definition, kinds);
    else this.custom.delete(definition);
    const at = placeOf(definition, this.definitions);
    if (!kinds.length) this.definitions.splice(at, 1);
    else if (!before) this.definitions.splice(at, 0, definition);
    this.lists = undefined;
    const keys = this.take(definition, before ?? [], kinds);
    this.generation++;
    for (const listener of this.listeners) listener(keys);
  }
  onChange(listener: (keys: ReadonlySet<string>) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Built-in kinds, and custom ones in the order of their definitions' names, so that nothing depends on who came first. */
  private current(): Lists {
    if (this.lists) return this.lists;
    const custom = this.definitions.flatMap((definition) => this.custom.get(definition) ?? []);
    return (this.lists = { all: [...this.builtin, ...custom], groups: undefined });
  }

  /**
   * One definition's kinds in the place of those that it had; what others have stays as it is, and is not walked through:
   * of a thousand definitions each would be at each change. Returns their storage keys.
   */
  private take(definition: string, before: readonly Kind[], kinds: readonly Kind[]): ReadonlySet<string> {
    this.kindsByResource.replace(before, kinds);
    this.kindsByKind.replace(before, kinds);
    const keys = new Set(kinds.map(({ storage }) => storage.key));
    for (const { storage } of before)
      if (!keys.has(storage.key)) this.definitionsByKey.get(storage.key)?.delete(definition);
    for (const key of keys) {
      const definitions = this.definitionsByKey.get(key);
      if (definitions) definitions.add(definition);
      else this.definitionsByKey.set(key, new Set([definition]));
    }
    for (const { storage } of before) keys.add(storage.key);
    for (const key of keys) this.gather(key);
    // versions that come to a group of built-in kinds may change the order of theirs
    const groups = new Set([...before, ...kinds].map(({ group }) => group));
    const others = this.builtin.filter(({ group }) => groups.has(group)).map(({ storage }) => storage.key);
    for (const key of new Set([...keys, ...others])) this.prefer(key);
    return keys;
  }

  /** Built-in kinds of a storage key before custom ones, and those in the order of all. */
  private gather(key: string): void {
    const definitions = [...(this.definitionsByKey.get(key) ?? [])].sort();
    if (definitions.length === 0) this.definitionsByKey.delete(key);
    const custom = definitions
      .flatMap((one) => this.custom.get(one) ?? [])
      .filter(({ storage }) => storage.key === key);
    const all = [...(this.builtinByKey.get(key) ?? []), ...custom];
    if (all.length) this.kindsByKey.set(key, all);
    else {
      this.kindsByKey.delete(key);
      this.leading.forget(key);
    }
  }

  private prefer(key: string): void {
    let best: Kind | undefined;
    for (const kind of this.ofKey(key)) {
      // of groups that share a storage key, the one that stores it is preferred
      const own = kind.group === kind.storage.group;
      if (!best || (own && (best.group !== kind.group || this.comesBefore(kind, best)))) best = kind;
    }
    if (best) this.preferredByKey.set(key, best);
    else this.preferredByKey.delete(key);
  }

  /** Of two versions of a group. */
  private comesBefore(a: Kind, b: Kind): boolean {
    if (!this.builtinGroups.has(a.group)) return compareVersions(a.version, b.version) < 0;
    const versions = this.groups().find(({ group }) => group === a.group)?.versions ?? [];
    return versions.indexOf(a.version) < versions.indexOf(b.version);
  }
}

/**
 * A registry of all built-in kinds; custom ones come by setCustom.
 * @param optional versions of OPTIONAL_VERSIONS that are served too
 */
export const createRegistry = (optional: readonly string[] = []): Registry => new KindRegistry(optional);
