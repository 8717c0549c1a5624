/**
 * The type of a value, built once from the facts (`schema/`) or from a custom resource's structural schema, and walked
 * by decoding, defaulting, patching, server-side apply, protobuf and the GraphQL types alike.
 */
export type Schema =
  | ObjectSchema
  | MapSchema
  | ListSchema
  | ScalarSchema
  /** any JSON, kept as it is: RawExtension, JSON, x-kubernetes-preserve-unknown-fields without properties, FieldsV1 */
  | { type: 'any' };

export interface ObjectSchema {
  type: 'object';
  /** OpenAPI definition name (`io.k8s.api.core.v1.PodSpec`); '' for an anonymous part of a custom resource */
  name: string;
  /** by JSON name, in the order of the type */
  fields: Map<string, Field>;
  /** struct type (`x-kubernetes-map-type: atomic` on a struct): owned and replaced as a whole */
  atomic: boolean;
  /** unknown fields are kept (custom resources only) */
  preserveUnknown: boolean;
  /** in the definition of a custom resource; that of others is in descriptions.ts */
  description?: string;
}

export interface Field {
  name: string;
  schema: Schema;
  /** required in the OpenAPI sense: the key must be there. (Emptiness is a strategy's matter.) */
  required: boolean;
  /** as that of an ObjectSchema */
  description?: string;
  /** OpenAPI `default`, undefined when there is none */
  default?: unknown;
  /** null is a value of it (custom resources) */
  nullable: boolean;
  /** x-kubernetes-patch-strategy, split at the comma: `merge`, `retainKeys`, `replace` */
  patchStrategy?: readonly string[];
  patchMergeKey?: string;
  /** Go's `omitempty`: a zero value is left out of JSON. Fields without it are always written (`"spec": {}`, `"items": null`) */
  omitEmpty: boolean;
  /** Go pointer: unset differs from the zero value */
  pointer: boolean;
  /** protobuf field number; 0 where there is none */
  number: number;
  /** protobuf: number of the embedded message of the parent that holds this field (Volume's volumeSource); undefined: none */
  within?: number;
}

export interface MapSchema {
  type: 'map';
  value: Schema;
  /** x-kubernetes-map-type: atomic */
  atomic: boolean;
  /** null is no value of it, and has no default in its place (custom resources) */
  dropsNulls?: boolean;
}

export interface ListSchema {
  type: 'list';
  item: Schema;
  /** x-kubernetes-list-type; atomic when not said */
  listType: 'atomic' | 'set' | 'map';
  /** x-kubernetes-list-map-keys */
  keys: readonly string[];
}

export interface ScalarSchema {
  type:
    | 'string'
    | 'boolean'
    | 'int32'
    | 'int64'
    | 'double'
    | 'bytes'
    | 'time'
    | 'microTime'
    | 'duration'
    | 'quantity'
    | 'intOrString';
  /** string enums of the facts; validation uses them only where a strategy says so, OpenAPI and GraphQL tell them */
  enum?: readonly string[];
  /** of custom resources: no other value than those of `enum` is let in */
  closed?: true;
  /** of custom resources: what the text or the number means, where the definition says so. Only who shows it asks. */
  format?: 'int32' | 'bytes' | 'time' | 'duration' | 'quantity';
}
