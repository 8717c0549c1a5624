import { bodyKind } from '../../../kinds/body-kind.ts';
import type { Kind, Registry } from '../../../kinds/kind.ts';

/** Built-in kinds do not change; there are a few hundred. */
const builtin = new WeakMap<Kind, readonly Kind[]>();

const sameBuiltin = (registry: Registry, kind: Kind): readonly Kind[] => {
  let found = builtin.get(kind);
  if (!found) {
    const same = (other: Kind): boolean => !other.custom && other !== kind && other.storage.key === kind.storage.key;
    builtin.set(kind, (found = registry.all().filter(same)));
  }
  return found;
};

/**
 * The other group-versions in which the same objects are, as far as they have the subresource. Of a custom kind all
 * versions of its definition count, also those that are not served. Source: apimachinery's EquivalentResourceMapper.
 */
export function equivalentsOf(registry: Registry, kind: Kind, subresource: string): readonly Kind[] {
  const all = kind.definition
    ? kind.definition.versions.filter(({ version }) => version !== kind.version)
    : sameBuiltin(registry, kind);
  return subresource ? all.filter(({ subresources }) => subresources.has(subresource)) : all;
}

/** The kind of the objects of a resource, or of its subresource, in its version. */
export function bodyKindOf(kind: Kind, subresource: string): Kind {
  const body = kind.subresources.get(subresource)?.kind;
  if (!body || (body.kind === kind.kind && (!body.version || body.version === kind.version))) return kind;
  return (
    bodyKind({ ...body, group: body.version ? body.group : kind.group, version: body.version || kind.version }) ?? kind
  );
}
