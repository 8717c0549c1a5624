import { builtinKinds } from './builtin.ts';
import type { Kind, Registry, StorageKind } from './kind.ts';
import { leadingTo, type Leading } from './leading.ts';

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

interface Index {
  all: readonly Kind[];
  byResource: ReadonlyMap<string, Kind>;
  byKind: ReadonlyMap<string, Kind>;
  preferred: ReadonlyMap<string, Kind>;
  groups: readonly { group: string; versions: readonly string[] }[];
}

function groupsOf(kinds: readonly Kind[], builtin: number): Index['groups'] {
  const groups = new Map<string, string[]>();
  kinds.forEach(({ group, version }, i) => {
    const versions = groups.get(group) ?? [];
    if (!versions.includes(version)) versions.push(version);
    // discovery gives the order of built-in versions; those of custom groups are sorted by rule
    if (i >= builtin) versions.sort(compareVersions);
    groups.set(group, versions);
  });
  return [...groups].map(([group, versions]) => ({ group, versions }));
}

function indexOf(builtin: readonly Kind[], custom: readonly Kind[]): Index {
  const all = [...builtin, ...custom];
  const byResource = new Map(all.map((k) => [`${k.group}/${k.version}/${k.resource}`, k]));
  const byKind = new Map(all.map((k) => [`${k.group}/${k.version}/${k.kind}`, k]));
  const preferred = new Map<string, Kind>();
  const groups = groupsOf(all, builtin.length);
  const rank = new Map(groups.flatMap(({ group, versions }) => versions.map((v, i) => [`${group}/${v}`, i] as const)));
  const rankOf = (k: Kind): number => rank.get(`${k.group}/${k.version}`) ?? 0;
  for (const kind of all) {
    const { key } = kind.storage;
    const best = preferred.get(key);
    // of groups that share a storage key, the one that stores it is preferred
    const own = kind.group === kind.storage.group;
    if (!best || (own && (best.group !== kind.group || rankOf(kind) < rankOf(best)))) preferred.set(key, kind);
  }
  return { all, byResource, byKind, preferred, groups };
}

const NONE: readonly Leading[] = [];

class KindRegistry implements Registry {
  generation = 1;
  private readonly builtin: readonly Kind[];
  private readonly custom = new Map<string, readonly Kind[]>();
  private readonly listeners = new Set<() => void>();
  private index: Index;
  private leading: { generation: number; byKey: ReadonlyMap<string, readonly Leading[]> } = {
    generation: 0,
    byKey: new Map(),
  };

  constructor() {
    this.builtin = builtinKinds();
    this.index = indexOf(this.builtin, []);
  }
  all(): readonly Kind[] {
    return this.index.all;
  }
  groups(): Index['groups'] {
    return this.index.groups;
  }
  byResource(group: string, version: string, resource: string): Kind | undefined {
    return this.index.byResource.get(`${group}/${version}/${resource}`);
  }
  byKind(group: string, version: string, kind: string): Kind | undefined {
    return this.index.byKind.get(`${group}/${version}/${kind}`);
  }
  preferred(key: string): Kind | undefined {
    return this.index.preferred.get(key);
  }
  storage(key: string): StorageKind | undefined {
    return this.index.preferred.get(key)?.storage;
  }
  leadingTo(key: string, which: 'all' | 'typed'): readonly Leading[] {
    if (this.leading.generation !== this.generation) {
      const { all, preferred } = this.index;
      const { byKey } = this.leading;
      this.leading = { generation: this.generation, byKey: leadingTo(all, preferred, byKey) };
    }
    return this.leading.byKey.get(`${which} ${key}`) ?? NONE;
  }
  setCustom(definition: string, kinds: readonly Kind[]): void {
    if (kinds.length === 0 && !this.custom.has(definition)) return;
    if (kinds.length) this.custom.set(definition, kinds);
    else this.custom.delete(definition);
    this.index = indexOf(this.builtin, this.ordered());
    this.generation++;
    for (const listener of this.listeners) listener();
  }
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** In the order of their definitions' names, so that nothing depends on who came first. */
  private ordered(): Kind[] {
    const definitions = [...this.custom.keys()].sort();
    return definitions.flatMap((definition) => this.custom.get(definition) ?? []);
  }
}

/** A registry of all built-in kinds; custom ones come by setCustom. */
export const createRegistry = (): Registry => new KindRegistry();
