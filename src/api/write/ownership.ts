import { fromStorage, toStorage } from '../../kinds/encode.ts';
import type { Kind, Registry } from '../../kinds/kind.ts';
import { apiVersionOf, parseApiVersion } from '../../meta/gvk.ts';
import type { FieldSet } from '../patch/apply/fieldset.ts';
import type { Ownership } from '../patch/apply/versions.ts';

const NOTHING: FieldSet = {};
/** Subresources that write the whole object, each with the top-level fields that it lets through besides metadata. */
const LETS_THROUGH: Readonly<Record<string, readonly string[]>> = { status: ['status'], approval: ['status'] };

/** Fields that the endpoint resets: nobody can own them through it. */
function ignoredFields(kind: Kind, subresource: string): FieldSet | undefined {
  const lets = LETS_THROUGH[subresource];
  if (lets) {
    const others = [...kind.schema.fields.keys()].filter((f) => !lets.includes(f) && !['metadata', 'kind', 'apiVersion'].includes(f));
    return Object.fromEntries(others.map((f) => [`f:${f}`, NOTHING]));
  }
  return kind.subresources.has('status') ? { 'f:status': NOTHING } : undefined;
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

function versionOf(registry: Registry, kind: Kind, apiVersion: string): Kind | undefined {
  const { group, version } = parseApiVersion(apiVersion);
  if (group === kind.group && version === kind.version) return kind;
  const other = registry.byResource(group, version, kind.resource);
  return other?.storage.key === kind.storage.key ? other : undefined;
}
