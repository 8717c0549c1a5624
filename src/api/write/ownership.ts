import { fromStorage, toStorage } from '../../kinds/encode.ts';
import type { Kind, Registry } from '../../kinds/kind.ts';
import type { KubeObject } from '../../meta/object.ts';
import { apiVersionOf, parseApiVersion } from '../../meta/gvk.ts';
import { stringifyExact } from '../../go/json-numbers.ts';
import { convertObjects } from '../conversion/convert.ts';
import type { Core } from '../core.ts';
import { setOfPaths, type FieldSet } from '../patch/apply/fieldset.ts';
import type { Ownership } from '../patch/apply/versions.ts';

/** Nobody can own through an endpoint what it resets. Source: GetResetFields of the registry's strategies. */
function ignoredFields(kind: Kind, subresource: string): FieldSet | undefined {
  const usual =
    subresource === 'status'
      ? ['spec']
      : subresource === 'finalize' || (!subresource && kind.subresources.has('status'))
        ? ['status']
        : [];
  const { strategy } = kind.storage;
  const paths = (subresource ? strategy.subresources?.[subresource] : strategy)?.resets ?? usual;
  return paths.length ? setOfPaths(paths.map((path) => path.split('.').map((name) => `f:${name}`))) : undefined;
}

const STATUS = ['status'];

/** Top-level fields, besides metadata, that an endpoint writes; undefined for all. */
const written = (kind: Kind, subresource: string): readonly string[] | undefined =>
  subresource === 'status' ? STATUS : kind.storage.strategy.subresources?.[subresource]?.writes;

/**
 * Whether an endpoint writes only some top-level fields of a built-in kind. What it does not write may then be shared
 * with the stored object all the way to the store.
 */
export const writesPart = (kind: Kind, subresource: string): boolean =>
  !kind.custom && written(kind, subresource) !== undefined;

/** What the endpoint does not let through becomes, by reference, what is stored. Changes `object`. */
export function keepOthers(kind: Kind, subresource: string, object: KubeObject, live: KubeObject): void {
  const own = written(kind, subresource) ?? [];
  for (const field of kind.schema.fields.keys()) {
    if (field === 'metadata' || field === 'kind' || field === 'apiVersion' || own.includes(field)) continue;
    if (live[field] === undefined) delete object[field];
    else object[field] = live[field];
  }
}

const made = new WeakMap<Kind, Map<string, Ownership>>();

/** What server-side apply needs to know of a kind at one of its endpoints. */
export function ownershipOf(registry: Registry, kind: Kind, subresource: string): Ownership {
  let ofKind = made.get(kind);
  if (!ofKind) made.set(kind, (ofKind = new Map()));
  let ownership = ofKind.get(subresource);
  if (!ownership) {
    const ignored = ignoredFields(kind, subresource);
    ownership = {
      schema: kind.schema,
      custom: kind.custom,
      apiVersion: apiVersionOf(kind),
      ...(ignored && { ignored }),
      serves: (apiVersion) => versionOf(registry, kind, apiVersion) !== undefined,
      convert(object, apiVersion) {
        const other = versionOf(registry, kind, apiVersion);
        if (!other) return undefined;
        const from = versionOf(registry, kind, object.apiVersion ?? apiVersionOf(kind)) ?? kind;
        return { object: from === other ? object : fromStorage(other, toStorage(from, object)), schema: other.schema };
      },
    };
    ofKind.set(subresource, ownership);
  }
  return ownership;
}

/** What has to be converted before field owners can be told. */
class Unconverted extends Error {
  constructor(
    readonly object: KubeObject,
    readonly apiVersion: string,
  ) {
    super(`${object.apiVersion} has not been converted to ${apiVersion}`);
  }
}

/** Versions times states of an object that owners may have used. */
const MAX_CONVERSIONS = 64;

/**
 * Runs what compares an object in the versions of its owners. Where a webhook converts between them it is run anew after
 * each conversion that it finds missing, so it must change nothing before it is through. Throws 500.
 */
export async function withConversions<T>(
  core: Pick<Core, 'store' | 'destinations'>,
  kind: Kind,
  ownership: Ownership,
  run: (ownership: Ownership) => Promise<T> | T,
): Promise<T> {
  const known = new Map<string, KubeObject>();
  const keyOf = (object: KubeObject, to: string): string => `${to} ${stringifyExact(object)}`;
  const { convert } = ownership;
  const remembered: Ownership = {
    ...ownership,
    convert(object, apiVersion) {
      if (object.apiVersion === apiVersion) return convert?.(object, apiVersion);
      const found = known.get(keyOf(object, apiVersion));
      if (found) return convert?.(found, apiVersion);
      if (!ownership.serves?.(apiVersion)) return undefined;
      throw new Unconverted(object, apiVersion);
    },
  };
  for (;;) {
    try {
      return await run(remembered);
    } catch (error) {
      if (!(error instanceof Unconverted) || known.size >= MAX_CONVERSIONS) throw error;
      const { object, apiVersion } = error;
      const [converted] = await convertObjects(core, kind, [{ ...object, kind: kind.kind }], apiVersion);
      if (converted) known.set(keyOf(object, apiVersion), converted);
    }
  }
}

function versionOf(registry: Registry, kind: Kind, apiVersion: string): Kind | undefined {
  const { group, version } = parseApiVersion(apiVersion);
  if (group === kind.group && version === kind.version) return kind;
  const other = registry.byResource(group, version, kind.resource);
  return other?.storage.key === kind.storage.key ? other : undefined;
}
