import type { Kind } from '../../kinds/kind.ts';
import type { ObjectSchema, Schema } from '../../kinds/schema.ts';

const upper = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
const pascal = (word: string): string =>
  word
    .split(/[^A-Za-z0-9]+/)
    .map(upper)
    .join('');

/** What a kind is called in GraphQL. All that is made for it has one of these in its name. */
export interface KindNames {
  /** its type, `Pod`; others are `PodConnection` … */
  type: string;
  /** the field that gives one object, `pod` */
  one: string;
  /** the field that gives many, `pods`; others are `podsWatch` … */
  many: string;
  /** behind a verb: `createPod` */
  kind: string;
  /** behind a verb of many: `deletePods` */
  kinds: string;
}

export const namesOf = ({ names: { type, one, many } }: Kind): KindNames => ({
  type,
  one,
  many,
  kind: type,
  kinds: upper(many),
});

/**
 * A JSON field's name in GraphQL: what GraphQL does not allow in a name becomes `_` (`$ref` → `_ref`,
 * `x-kubernetes-validations` → `x_kubernetes_validations`), and `__`, which is GraphQL's own, loses one.
 */
export function fieldName(json: string): string {
  const name = json.replace(/[^A-Za-z0-9_]/g, '_').replace(/^__+/, '_');
  return /^[0-9]/.test(name) || name === '' ? `_${name}` : name;
}

/** Names of fields that are unique within their type: the later one gets a `_` behind it. */
export function uniqueFieldNames(fields: Iterable<string>): Map<string, string> {
  const taken = new Set<string>();
  const names = new Map<string, string>();
  for (const json of fields) {
    let name = fieldName(json);
    while (taken.has(name)) name += '_';
    taken.add(name);
    names.set(json, name);
  }
  return names;
}

const known = new WeakMap<ObjectSchema, ReadonlyMap<string, string>>();

/** The GraphQL names of a struct's fields by their JSON names, the same in all that is made of it: types, inputs, filters, order. */
export function fieldNames(schema: ObjectSchema): ReadonlyMap<string, string> {
  let names = known.get(schema);
  if (!names) known.set(schema, (names = uniqueFieldNames(schema.fields.keys())));
  return names;
}

export type StructKey = string | ObjectSchema;
/** One struct is one type, though the facts have variants of it (the same struct, here atomic and there not). */
export const structKey = (schema: ObjectSchema): StructKey => schema.name || schema;

/**
 * Type names. A kind has the registry's. Another struct has the last part of its OpenAPI name
 * (`io.k8s.api.core.v1.PodSpec` → `PodSpec`); where several structs end alike, all of them have group and version before
 * it, so that none depends on the order. An anonymous part of a custom resource is named by its path from the kind.
 */
export class TypeNames {
  private readonly taken: Set<string>;
  private readonly kinds = new Map<Kind, string>();
  private readonly ambiguous: ReadonlySet<string>;
  private readonly given = new Map<StructKey, string>();

  constructor(kinds: readonly Kind[], reserved: Iterable<string>) {
    this.taken = new Set(reserved);
    for (const kind of kinds) {
      const name = this.claim(kind.names.type);
      this.kinds.set(kind, name);
      if (!this.given.has(structKey(kind.schema))) this.given.set(structKey(kind.schema), name);
    }
    this.ambiguous = ambiguousNames(kinds, this.taken);
  }

  ofKind(kind: Kind): string {
    return this.kinds.get(kind)!;
  }

  /** @param path what to call an anonymous struct: the type it stands in and its field */
  of(schema: ObjectSchema, path: string): string {
    const key = structKey(schema);
    let name = this.given.get(key);
    if (name === undefined) {
      const short = pascal(schema.name.slice(schema.name.lastIndexOf('.') + 1));
      const wanted = schema.name === '' ? pascal(path) : this.ambiguous.has(short) ? longName(schema.name) : short;
      this.given.set(key, (name = this.claim(wanted)));
    }
    return name;
  }

  /** `name`, with a `_` behind it for as long as another has it. */
  claim(name: string): string {
    let free = name;
    while (this.taken.has(free)) free += '_';
    this.taken.add(free);
    return free;
  }
}

/** `io.k8s.api.autoscaling.v2.MetricSpec` → `AutoscalingV2MetricSpec` */
const longName = (definition: string): string => definition.split('.').slice(-3).map(pascal).join('');

function ambiguousNames(kinds: readonly Kind[], taken: ReadonlySet<string>): Set<string> {
  const seen = new Set<Schema>();
  const owners = new Map<string, string>();
  const ambiguous = new Set<string>();
  const visit = (schema: Schema): void => {
    if (schema.type === 'list') return visit(schema.item);
    if (schema.type === 'map') return visit(schema.value);
    if (schema.type !== 'object' || seen.has(schema)) return;
    seen.add(schema);
    const short = pascal(schema.name.slice(schema.name.lastIndexOf('.') + 1));
    if (schema.name) {
      const owner = owners.get(short);
      if ((owner !== undefined && owner !== schema.name) || taken.has(short)) ambiguous.add(short);
      owners.set(short, schema.name);
    }
    for (const field of schema.fields.values()) visit(field.schema);
  };
  // Kinds first: a kind that is also a part of another keeps its own name.
  for (const kind of kinds) seen.add(kind.schema);
  for (const kind of kinds) for (const field of kind.schema.fields.values()) visit(field.schema);
  return ambiguous;
}
