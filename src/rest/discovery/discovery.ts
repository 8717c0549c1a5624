import { createHash } from 'node:crypto';
import type { Kind, Registry } from '../../kinds/kind.ts';
import { aggregatedGroups, type AggregatedGroup } from './aggregated.ts';
import type { ApiResource } from './api-resource.ts';

interface GroupVersionForDiscovery {
  groupVersion: string;
  version: string;
}
export interface ApiGroup {
  name: string;
  versions: GroupVersionForDiscovery[];
  preferredVersion: GroupVersionForDiscovery;
}

/** First eight bytes of the SHA-256 of `group/version/kind` of what is stored: tells clients when that changes. */
const storageVersionHash = ({ storage: { group, version, kind, strategy } }: Kind): string =>
  createHash('sha256')
    .update(`${group}/${strategy.hashedVersion ?? version}/${kind}`)
    .digest()
    .subarray(0, 8)
    .toString('base64');

const byName = (a: ApiResource, b: ApiResource): number => (a.name < b.name ? -1 : 1);

/** of kinds that are served, none of which ever changes */
const listed = new WeakMap<Kind, readonly ApiResource[]>();

function resourcesOf(kind: Kind): readonly ApiResource[] {
  let resources = listed.get(kind);
  if (!resources) listed.set(kind, (resources = makeResources(kind)));
  return resources;
}

function makeResources(kind: Kind): ApiResource[] {
  const own: ApiResource = {
    name: kind.resource,
    singularName: kind.singular,
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs: kind.verbs,
    ...(kind.shortNames.length && { shortNames: kind.shortNames }),
    ...(kind.categories.length && { categories: kind.categories }),
    ...(kind.storage.persisted && { storageVersionHash: storageVersionHash(kind) }),
  };
  const subresources = [...kind.subresources.values()].map(({ name, verbs, kind: body }) => {
    const foreign = body.group !== kind.group || body.version !== kind.version;
    return {
      name: `${kind.resource}/${name}`,
      singularName: '',
      namespaced: kind.namespaced,
      ...(foreign && { group: body.group, version: body.version }),
      kind: body.kind,
      verbs,
    };
  });
  return [own, ...subresources];
}

interface Snapshot {
  generation: number;
  groups: ApiGroup[];
  resources: Map<string, ApiResource[]>;
  aggregated: { core: AggregatedGroup[]; groups: AggregatedGroup[] };
}

/** What the server serves, in the words of discovery. Made anew when kinds have changed. */
export class Discovery {
  private made: Snapshot | undefined;

  constructor(private readonly registry: Registry) {}

  private get snapshot(): Snapshot {
    if (this.made?.generation !== this.registry.generation) this.made = this.make();
    return this.made as Snapshot;
  }
  /** all but the core group */
  get groups(): readonly ApiGroup[] {
    return this.snapshot.groups;
  }
  group(name: string): ApiGroup | undefined {
    return this.snapshot.groups.find((g) => g.name === name);
  }
  resources(group: string, version: string): readonly ApiResource[] | undefined {
    return this.snapshot.resources.get(`${group}/${version}`);
  }
  /** items of the aggregated document; `legacy`: that of /api */
  aggregated(legacy: boolean): readonly AggregatedGroup[] {
    return legacy ? this.snapshot.aggregated.core : this.snapshot.aggregated.groups;
  }
  /** Is the group one of ours by birth? Unknown versions of such are answered differently. */
  isBuiltin(group: string): boolean {
    return this.registry.all().some((k) => k.group === group && !k.custom);
  }

  private make(): Snapshot {
    const { registry } = this;
    const resources = new Map<string, ApiResource[]>();
    for (const kind of registry.all()) {
      const id = `${kind.group}/${kind.version}`;
      const list = resources.get(id) ?? [];
      resources.set(id, list);
      list.push(...resourcesOf(kind));
    }
    const builtin = new Set(registry.all().flatMap(({ group, custom }) => (custom ? [] : group)));
    for (const [id, list] of resources) if (builtin.has(id.slice(0, id.indexOf('/')))) list.sort(byName);
    const groups = registry
      .groups()
      .filter(({ group }) => group !== '')
      .flatMap(({ group, versions }) => {
        const all = versions.map((version) => ({ groupVersion: `${group}/${version}`, version }));
        const [preferredVersion] = all;
        return preferredVersion ? [{ name: group, versions: all, preferredVersion }] : [];
      });
    return { generation: registry.generation, groups, resources, aggregated: aggregatedGroups(registry) };
  }
}
