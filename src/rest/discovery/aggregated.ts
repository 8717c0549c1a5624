import type { GroupVersionKind } from '../../meta/gvk.ts';
import type { Kind, Registry } from '../../kinds/kind.ts';
import type { ApiResource } from './api-resource.ts';

export interface AggregatedResource {
  resource: string;
  responseKind: GroupVersionKind;
  scope: 'Namespaced' | 'Cluster';
  singularResource: string;
  verbs: readonly string[];
  shortNames?: readonly string[];
  categories?: readonly string[];
  subresources?: { subresource: string; responseKind: GroupVersionKind; verbs: readonly string[] }[];
}
export interface AggregatedGroup {
  metadata: { name?: string };
  versions: { version: string; resources: AggregatedResource[]; freshness: 'Current' | 'Stale' }[];
}

/** Built-in kinds leave group and version empty where they are those of the list; custom ones say them. */
function responseKind(kind: Kind, body: GroupVersionKind): GroupVersionKind {
  const own = body.group === kind.group && body.version === kind.version;
  return own && !kind.custom
    ? { group: '', version: '', kind: body.kind }
    : { group: body.group, version: body.version, kind: body.kind };
}

/** of kinds that are served: a kind never changes, and of a thousand few are others when they are listed again */
const made = new WeakMap<Kind, AggregatedResource>();

function resourceOf(kind: Kind): AggregatedResource {
  let resource = made.get(kind);
  if (!resource) made.set(kind, (resource = makeResource(kind)));
  return resource;
}

function makeResource(kind: Kind): AggregatedResource {
  const subresources = [...kind.subresources.values()].map(({ name, verbs, kind: body }) => ({
    subresource: name,
    responseKind: responseKind(kind, body),
    verbs,
  }));
  return {
    resource: kind.resource,
    responseKind: responseKind(kind, kind),
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: kind.verbs,
    ...(kind.shortNames.length && { shortNames: kind.shortNames }),
    ...(kind.categories.length && { categories: kind.categories }),
    ...(subresources.length && { subresources }),
  };
}

/** KEP-3352: everything in one document per root. */
export function aggregatedGroups(registry: Registry): { core: AggregatedGroup[]; groups: AggregatedGroup[] } {
  const resources = new Map<string, AggregatedResource[]>();
  for (const kind of registry.all()) {
    const id = `${kind.group}/${kind.version}`;
    const known = resources.get(id);
    if (known) known.push(resourceOf(kind));
    else resources.set(id, [resourceOf(kind)]);
  }
  const make = ({ group, versions }: { group: string; versions: readonly string[] }): AggregatedGroup => ({
    metadata: group ? { name: group } : {},
    versions: versions.map((version) => ({
      version,
      resources: resources.get(`${group}/${version}`) ?? [],
      freshness: 'Current',
    })),
  });
  const groups = registry.groups();
  return {
    core: groups.filter((g) => g.group === '').map(make),
    groups: groups.filter((g) => g.group !== '').map(make),
  };
}

/** What another API server lists of its group and version, in the form of the aggregated document. */
export function aggregatedResources(
  listed: readonly ApiResource[],
  own: { group: string; version: string },
): AggregatedResource[] {
  const kindOf = ({ group, version, kind }: ApiResource): GroupVersionKind => ({
    group: group ?? own.group,
    version: version ?? own.version,
    kind,
  });
  const subresources = new Map<string, NonNullable<AggregatedResource['subresources']>>();
  for (const each of listed) {
    const at = each.name.indexOf('/');
    if (at < 0) continue;
    const of = each.name.slice(0, at);
    const found = { subresource: each.name.slice(at + 1), responseKind: kindOf(each), verbs: each.verbs };
    const known = subresources.get(of);
    if (known) known.push(found);
    else subresources.set(of, [found]);
  }
  return listed
    .filter(({ name }) => !name.includes('/'))
    .map((each) => {
      const below = subresources.get(each.name);
      return {
        resource: each.name,
        responseKind: kindOf(each),
        scope: each.namespaced ? ('Namespaced' as const) : ('Cluster' as const),
        singularResource: each.singularName,
        verbs: each.verbs,
        ...(each.shortNames?.length && { shortNames: each.shortNames }),
        ...(each.categories?.length && { categories: each.categories }),
        ...(below && { subresources: below }),
      };
    });
}
