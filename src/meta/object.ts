/** The shapes that every Kubernetes object shares (meta/v1). Times are RFC 3339 strings, as on the wire. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ManagedFieldsEntry {
  manager?: string;
  operation?: 'Apply' | 'Update';
  apiVersion?: string;
  time?: string;
  fieldsType?: 'FieldsV1';
  fieldsV1?: FieldsV1;
  subresource?: string;
}

/** A set of field paths as a trie: `f:name`, `k:{"name":"x"}`, `v:"value"`, `i:0`; `.` marks the element itself. */
export interface FieldsV1 {
  [element: string]: FieldsV1;
}

export interface ObjectMeta {
  name: string;
  generateName?: string;
  namespace?: string;
  selfLink?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedFieldsEntry[];
}

/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What every object of any kind has; the interfaces of `schema/types.ts` are assignable to it. */
export interface ObjectLike {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

/** Metadata of what is not there yet, and of templates: what its maker says. A part that is undefined is not sent. */
export type NewMeta = { [K in keyof ObjectMeta]?: ObjectMeta[K] | undefined };

/** An object that is not there yet. */
export type New<T> = T extends ObjectLike ? Omit<T, 'metadata'> & { metadata: NewMeta } : T;

/** An object whose kind is known only at run time: its fields are reached by index. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

export interface ListMeta {
  resourceVersion?: string;
  continue?: string;
  remainingItemCount?: number;
}

/**
 * An object as it came in: decoded, so that what is there has its type, and not yet validated, so that any part may be
 * missing. Only metadata is always there. An object whose kind is not known stays what it is.
 */
export type Unchecked<T> = { [K in keyof T as Exclude<K, 'metadata'>]?: Parts<T[K]> } & { metadata: ObjectMeta };
/** Every field of every depth may be missing. A map has what it has: its keys are no fields. */
export type Parts<T> = T extends readonly (infer Item)[]
  ? Parts<Item>[]
  : T extends object
    ? string extends keyof T
      ? { [K in keyof T]: Parts<T[K]> }
      : { [K in keyof T]?: Parts<T[K]> }
    : T;
