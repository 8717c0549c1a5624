import { apiVersionOf, type GroupVersionKind } from '../meta/gvk.ts';
import { headOf } from './builtin.ts';
import { structSchema } from './builtin-schema.ts';
import { typeFacts } from './facts.ts';
import type { Kind } from './kind.ts';
import { builtinTypeName } from './type-names.ts';

const DELETE_OPTIONS = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';
/** Versions that are served no more, but whose bodies clients still send, by group and kind. */
const BODY_VERSIONS: Readonly<Record<string, readonly string[]>> = { 'policy/Eviction': ['v1beta1'] };
/** As many as there are subresource bodies and versions of DeleteOptions. */
const made = new Map<string, Kind | undefined>();

function make(gvk: GroupVersionKind): Kind | undefined {
  // DeleteOptions belong to every group and version, and have one type
  const name = gvk.kind === 'DeleteOptions' ? DELETE_OPTIONS : builtinTypeName(gvk);
  if (!name || !typeFacts[name]?.fields) return undefined;
  const schema = structSchema(name);
  const resource = `${gvk.kind.toLowerCase()}s`;
  const bodyVersions = BODY_VERSIONS[`${gvk.group}/${gvk.kind}`];
  return {
    ...gvk,
    resource,
    singular: gvk.kind.toLowerCase(),
    listKind: `${gvk.kind}List`,
    shortNames: [],
    categories: [],
    namespaced: true,
    verbs: ['create'],
    subresources: new Map(),
    schema,
    custom: false,
    storage: { ...gvk, key: resource, namespaced: true, head: headOf(gvk), persisted: false, strategy: {}, schema },
    columns: [],
    ...(bodyVersions && { bodyVersions }),
    since: 0,
  };
}

/**
 * A kind for bodies that no resource of their own serves: Scale, Eviction, TokenRequest, DeleteOptions. Good for `decode`
 * and `normalizeObject`; it is not in the registry. undefined for types without a schema.
 */
export function bodyKind(gvk: GroupVersionKind): Kind | undefined {
  const id = `${apiVersionOf(gvk)}/${gvk.kind}`;
  if (!made.has(id)) made.set(id, make(gvk));
  return made.get(id);
}
