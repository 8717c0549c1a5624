import { apiVersionOf, groupResourceName } from '../meta/gvk.ts';
import { structSchema } from './builtin-schema.ts';
import { conversions, storageVersions } from './conversions.ts';
import { columnDescription } from './descriptions.ts';
import { optionalResourceFacts, resourceFacts, type ResourceFacts } from './facts.ts';
import type { Column, Kind, StorageKind, SubresourceFacts } from './kind.ts';
import { defaultStrategy, strategies } from './strategies.ts';

const idOf = (group: string, version: string, resource: string): string => `${group}/${version}/${resource}`;

/** `{"kind":"Pod","apiVersion":"v1",`: what stands before a stored body. */
export const headOf = (gvk: { group: string; version: string; kind: string }): Buffer =>
  Buffer.from(`{"kind":${JSON.stringify(gvk.kind)},"apiVersion":${JSON.stringify(apiVersionOf(gvk))},`);

/** Facts of the version in which a resource is stored: its own, unless versions or groups share one. */
function storedAs(r: ResourceFacts): ResourceFacts {
  const stored = storageVersions[idOf(r.group, r.version, r.resource)];
  return stored ? (resourceFacts.find((f) => idOf(f.group, f.version, f.resource) === stored) ?? r) : r;
}

function storageOf(r: ResourceFacts): StorageKind {
  const { group, version, kind, resource, namespaced } = r;
  const key = groupResourceName({ group, resource });
  return {
    group,
    version,
    kind,
    key,
    namespaced,
    head: headOf(r),
    persisted: r.verbs.includes('watch'),
    strategy: strategies[key] ?? defaultStrategy(r.subresources.some((s) => s.name === 'status')),
    schema: structSchema(r.type),
  };
}

const subresourcesOf = (r: ResourceFacts): ReadonlyMap<string, SubresourceFacts> =>
  new Map(
    r.subresources.map(({ name, verbs, kind: [group, version, kind] }) => {
      const own = version === '';
      return [name, { name, verbs, kind: { group: own ? r.group : group, version: own ? r.version : version, kind } }];
    }),
  );

const columnsOf = (r: ResourceFacts): Column[] =>
  r.columns.map(([name, type, format, priority]) => {
    const description = columnDescription(`${apiVersionOf(r)}/${r.resource}`, name);
    return { name, type, format, description, priority };
  });

/** `group/version` of the kinds that are served only when it is asked for them. */
export const OPTIONAL_VERSIONS: ReadonlySet<string> = new Set(optionalResourceFacts.map(apiVersionOf));

/** All built-in kinds, in the order of discovery. @param optional those of OPTIONAL_VERSIONS that are served too */
export function builtinKinds(optional: readonly string[] = []): Kind[] {
  const storages = new Map<string, StorageKind>();
  const wanted = optionalResourceFacts.filter((r) => optional.includes(apiVersionOf(r)));
  return [...resourceFacts, ...wanted].map((r) => {
    const stored = storedAs(r);
    const id = idOf(stored.group, stored.version, stored.resource);
    const storage = storages.get(id) ?? storageOf(stored);
    storages.set(id, storage);
    const deprecation = r === stored ? storage.strategy.deprecation : undefined;
    const convert = conversions[idOf(r.group, r.version, r.resource)];
    return {
      group: r.group,
      version: r.version,
      kind: r.kind,
      resource: r.resource,
      singular: r.singular,
      listKind: `${r.kind}List`,
      shortNames: r.shortNames,
      categories: r.categories,
      namespaced: r.namespaced,
      verbs: r.verbs,
      subresources: subresourcesOf(r),
      schema: structSchema(r.type),
      custom: false,
      storage,
      ...(convert && { convert }),
      ...(deprecation && { deprecation }),
      columns: columnsOf(r),
      since: 0,
    };
  });
}
