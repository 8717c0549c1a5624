import type { Schema, Types } from './schema.ts';

export const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
export const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity';

export const TEXT: Schema = { type: 'string' };
/** One that is always there. */
export const NAME: Schema = { type: 'string', default: '' };
const BOOLEAN: Schema = { type: 'boolean' };
const INT64: Schema = { type: 'integer', format: 'int64' };
const TEXTS: Schema = { type: 'array', items: NAME };
const ATOMIC = { 'x-kubernetes-list-type': 'atomic' };

export const refTo = (type: string): Schema => ({ $ref: type });
/** An object that is always there. */
export const partOf = (type: string): Schema => ({ default: {}, ...refTo(type) });
export const mapOf = (values: Schema): Schema => ({ type: 'object', additionalProperties: values });
export const listOf = (items: Schema, more: Schema = {}): Schema => ({ type: 'array', items, ...more });
export const atomicListOf = (items: Schema): Schema => listOf(items, ATOMIC);
export const object = (properties: Types, required: readonly string[] = [], more: Schema = {}): Schema => ({
  type: 'object',
  ...(required.length && { required }),
  properties,
  ...more,
});

/**
 * The types of meta/v1 that an API of its own needs, as kube-apiserver 1.35 tells them: where they say the same, the
 * document of all has them once.
 */
export const META_TYPES: Types = {
  [QUANTITY]: { oneOf: [{ type: 'string' }, { type: 'number' }] },
  [`${META}.APIResource`]: object(
    {
      categories: { ...TEXTS, ...ATOMIC },
      group: TEXT,
      kind: NAME,
      name: NAME,
      namespaced: { type: 'boolean', default: false },
      shortNames: { ...TEXTS, ...ATOMIC },
      singularName: NAME,
      storageVersionHash: TEXT,
      verbs: TEXTS,
      version: TEXT,
    },
    ['name', 'singularName', 'namespaced', 'kind', 'verbs'],
  ),
  [`${META}.APIResourceList`]: object(
    { apiVersion: TEXT, groupVersion: NAME, kind: TEXT, resources: atomicListOf(partOf(`${META}.APIResource`)) },
    ['groupVersion', 'resources'],
    { 'x-kubernetes-group-version-kind': [{ group: '', kind: 'APIResourceList', version: 'v1' }] },
  ),
  [`${META}.Duration`]: TEXT,
  [`${META}.FieldsV1`]: { type: 'object' },
  [`${META}.LabelSelector`]: object(
    {
      matchExpressions: atomicListOf(partOf(`${META}.LabelSelectorRequirement`)),
      matchLabels: mapOf(NAME),
    },
    [],
    { 'x-kubernetes-map-type': 'atomic' },
  ),
  [`${META}.LabelSelectorRequirement`]: object({ key: NAME, operator: NAME, values: { ...TEXTS, ...ATOMIC } }, [
    'key',
    'operator',
  ]),
  [`${META}.ListMeta`]: object({ continue: TEXT, remainingItemCount: INT64, resourceVersion: TEXT, selfLink: TEXT }),
  [`${META}.ManagedFieldsEntry`]: object({
    apiVersion: TEXT,
    fieldsType: TEXT,
    fieldsV1: refTo(`${META}.FieldsV1`),
    manager: TEXT,
    operation: TEXT,
    subresource: TEXT,
    time: refTo(`${META}.Time`),
  }),
  [`${META}.ObjectMeta`]: object({
    annotations: mapOf(NAME),
    creationTimestamp: refTo(`${META}.Time`),
    deletionGracePeriodSeconds: INT64,
    deletionTimestamp: refTo(`${META}.Time`),
    finalizers: { ...TEXTS, 'x-kubernetes-list-type': 'set', 'x-kubernetes-patch-strategy': 'merge' },
    generateName: TEXT,
    generation: INT64,
    labels: mapOf(NAME),
    managedFields: atomicListOf(partOf(`${META}.ManagedFieldsEntry`)),
    name: TEXT,
    namespace: TEXT,
    ownerReferences: listOf(partOf(`${META}.OwnerReference`), {
      'x-kubernetes-list-map-keys': ['uid'],
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-patch-merge-key': 'uid',
      'x-kubernetes-patch-strategy': 'merge',
    }),
    resourceVersion: TEXT,
    selfLink: TEXT,
    uid: TEXT,
  }),
  [`${META}.OwnerReference`]: object(
    { apiVersion: NAME, blockOwnerDeletion: BOOLEAN, controller: BOOLEAN, kind: NAME, name: NAME, uid: NAME },
    ['apiVersion', 'kind', 'name', 'uid'],
    { 'x-kubernetes-map-type': 'atomic' },
  ),
  [`${META}.Time`]: { type: 'string', format: 'date-time' },
};

/** A kind of a group: with apiVersion and kind, and metadata or what stands for it. */
export function kindOf(
  gvk: { group: string; version: string; kind: string },
  description: string,
  properties: Types,
  required: readonly string[],
): Schema {
  const more = { description, 'x-kubernetes-group-version-kind': [gvk] };
  return object({ apiVersion: TEXT, kind: TEXT, ...properties }, required, more);
}

/** Its list. */
export const listKindOf = (
  gvk: { group: string; version: string; kind: string },
  type: string,
  itemKind: string,
): Schema =>
  kindOf(gvk, `A list of ${itemKind}.`, { items: listOf(partOf(type)), metadata: partOf(`${META}.ListMeta`) }, [
    'items',
  ]);

/** metadata of an object */
export const OBJECT_META: Schema = partOf(`${META}.ObjectMeta`);
