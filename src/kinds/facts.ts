import type { Kind } from './kind.ts';
import json from '../../schema/kinds.json' with { type: 'json' };

/**
 * `schema/kinds.json`: what a kube-apiserver says of its built-in kinds, written by scripts/facts/kinds.mjs.
 *
 * A type expression is `string`, `boolean`, `int32`, `int64`, `double`, `bytes`, `any`, `#name of a type`, `[]` and the
 * expression of the items, or `{}` and that of the values.
 */
export interface TypeFacts {
  fields?: FieldFacts[];
  /** group, version, kind */
  gvk?: [string, string, string][];
  /** x-kubernetes-map-type */
  map?: string;
  /** x-kubernetes-unions, only for OpenAPI */
  unions?: unknown;
  /** OpenAPI forms of a type that is no struct */
  v2?: Record<string, unknown>;
  v3?: Record<string, unknown>;
  /** 2: not in OpenAPI v3 */
  only?: number;
}

/**
 * JSON name, type expression, protobuf number, flags, and the rest where there is any.
 * Flags: `r` required, `o` omitempty, `p` pointer, `z` the OpenAPI v3 default is the zero value of the type, `b` OpenAPI v3
 * has the bare reference.
 */
export type FieldFacts = [name: string, type: string, number: number, flags: string, more?: FieldMore];

export interface FieldMore {
  default?: unknown;
  /** of the string, or of the items or values */
  enum?: string[];
  list?: 'atomic' | 'set' | 'map';
  keys?: string[];
  map?: 'atomic' | 'granular';
  patch?: string;
  mergeKey?: string;
  within?: number;
}

export interface ResourceFacts extends Pick<
  Kind,
  'group' | 'version' | 'kind' | 'resource' | 'singular' | 'namespaced' | 'verbs' | 'shortNames' | 'categories'
> {
  type: string;
  subresources: { name: string; verbs: string[]; kind: [string, string, string] }[];
  /** name, type, format, priority */
  columns: [string, string, string, number][];
}

const facts = json as unknown as { resources: ResourceFacts[]; types: Record<string, TypeFacts> };

/** In the order of discovery. */
export const resourceFacts: readonly ResourceFacts[] = facts.resources;
export const typeFacts: Readonly<Record<string, TypeFacts>> = facts.types;
