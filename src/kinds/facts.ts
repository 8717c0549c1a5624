import type { Kind } from './kind.ts';
import json from '../../schema/kinds.json' with { type: 'json' };
import optionalJson from '../../schema/optional-kinds.json' with { type: 'json' };

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

interface Facts {
  resources: ResourceFacts[];
  types: Record<string, TypeFacts>;
}
const facts = json as unknown as Facts;
const optional = optionalJson as unknown as Facts;

/** What is served in any case, in the order of discovery. */
export const resourceFacts: readonly ResourceFacts[] = facts.resources;
/** What is served when it is asked for (`--runtime-config`), as a beta of Kubernetes is. */
export const optionalResourceFacts: readonly ResourceFacts[] = optional.resources;
/** All types, served or not: bodies of each of them are known. */
export const typeFacts: Readonly<Record<string, TypeFacts>> = { ...facts.types, ...optional.types };
/** Names of the types that OpenAPI describes whatever is asked for. */
export const standingTypes: readonly string[] = Object.keys(facts.types);
