import { createHash } from 'node:crypto';
import type { Kind } from '../../kinds/kind.ts';
import type { ObjectSchema } from '../../kinds/schema.ts';
import { BUILTIN_NAMES } from './builtin-names.ts';

export const upper = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
/** `HTTPRoute` → `httpRoute`, `Pod` → `pod`, `CSINode` → `csiNode` */
const lower = (word: string): string => word.replace(/^([A-Z]+)(?=[A-Z][a-z]|$)|^[A-Z]/, (head) => head.toLowerCase());

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

const known = new WeakMap<Kind, KindNames>();

/**
 * The names of a kind. Those of a built-in one are in a table, and those of a custom one come of its definition alone, so
 * that no name depends on what else is there: its type is `KIND_GROUP_VERSION` (built-in types have no `_`), and its
 * fields are told apart by where they stand (root-fields.ts).
 */
export function namesOf(kind: Kind): KindNames {
  let names = known.get(kind);
  if (!names) known.set(kind, (names = kind.custom ? customNames(kind) : builtinNames(kind)));
  return names;
}

function builtinNames({ group, version, resource }: Kind): KindNames {
  const names = BUILTIN_NAMES[`${group && `${group}/`}${version}/${resource}`];
  if (!names) throw new Error(`${resource} of ${group}/${version} has no names in GraphQL`);
  const [type, one, many] = names;
  return { type, one, many, kind: type, kinds: upper(many) };
}

function customNames({ group, version, kind, resource, singular }: Kind): KindNames {
  const one = withCapitals(kind, singular);
  const plural = withCapitals(kind, resource);
  const many = plural === one ? `${plural}List` : plural;
  const word = escaped(kind);
  const kinds = upper(many);
  return {
    type: `${word}_${groupName(group)}_${escaped(version)}`,
    one,
    many,
    // two kinds may differ in the first letter's case alone
    kind: /^[A-Z]/.test(word) ? word : `_${word}`,
    kinds: kinds === word ? `${kinds}List` : kinds,
  };
}

/** A word in small letters with the capitals of the kind, as far as it begins like that: `crontabs` of `CronTab` → `cronTabs`. */
function withCapitals(kind: string, word: string): string {
  const name = lower(kind);
  let common = 0;
  while (common < name.length && name[common]?.toLowerCase() === word[common]) common++;
  return escaped(common >= Math.min(3, name.length) ? name.slice(0, common) + word.slice(common) : word);
}

/** A DNS label; what stands for `-` is what no `.` becomes. */
const escaped = (label: string): string => label.replaceAll('-', '__');

/** `example.com` → `example_com`, `cert-manager.io` → `cert__manager_io`; two groups are never called the same. */
export const groupName = (group: string): string =>
  group ? escaped(group).replaceAll('.', '_').replace(/^\d/, '_$&') : 'core';

/** Characters of a name; a longer one is cut, and told apart by a digest. */
const MAX_NAME = 128;
const digest = (text: string, length: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, length);

/** `name`, or as much of it as a name may have. */
export const bounded = (name: string, whole = name): string =>
  name.length <= MAX_NAME ? name : `${name.slice(0, MAX_NAME - 17)}_${digest(whole, 16)}`;

/** What is a name of GraphQL's as it stands, and not too long. */
const NAME = /^(?!__)[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/**
 * A JSON field's name in GraphQL: what GraphQL does not allow in a name becomes `_` (`$ref` → `_ref`,
 * `x-kubernetes-validations` → `x_kubernetes_validations`), and `__`, which is GraphQL's own, loses one.
 */
export function fieldName(json: string): string {
  if (NAME.test(json)) return json;
  const name = json.replace(/[^A-Za-z0-9_]/g, '_').replace(/^__+/, '_');
  return bounded(/^[0-9]/.test(name) || name === '' ? `_${name}` : name, json);
}

/**
 * Names of fields that are unique within their type. What is a name as it stands has it; of others the first by the
 * alphabet. Who finds it taken gets a `_` behind it, and a digest if that is taken too.
 * @param ours names that fields of our own have there
 */
export function uniqueFieldNames(fields: Iterable<string>, ours: Iterable<string> = []): Map<string, string> {
  const taken = new Set(ours);
  const all = [...fields];
  const names = new Map<string, string>(all.map((json) => [json, '']));
  const give = (json: string): void => {
    const wanted = fieldName(json);
    let name = wanted;
    // `__` is GraphQL's own
    const more = wanted === '_' ? '_0' : `${wanted}_`;
    for (let length = 0; taken.has(name); length += 16) name = `${more}${length ? digest(json, length) : ''}`;
    taken.add(name);
    names.set(json, name);
  };
  const isName = (json: string): boolean => fieldName(json) === json;
  for (const json of all) if (isName(json)) give(json);
  for (const json of all.filter((one) => !isName(one)).sort()) give(json);
  return names;
}

/** Fields of our own that objects of every kind have, besides apiVersion, kind and metadata: a property of the same name yields. */
export const OF_OBJECTS: ReadonlySet<string> = new Set([
  'raw',
  'yaml',
  '_json',
  'owners',
  'owned',
  'owner',
  'inNamespace',
  'history',
  'events',
]);

const fieldNamesOf = new WeakMap<ObjectSchema, ReadonlyMap<string, string>>();

/** The GraphQL names of a struct's fields by their JSON names, the same in all that is made of it: types, inputs, filters, order. */
export function fieldNames(schema: ObjectSchema): ReadonlyMap<string, string> {
  let names = fieldNamesOf.get(schema);
  if (!names) fieldNamesOf.set(schema, (names = uniqueFieldNames(schema.fields.keys(), oursIn(schema))));
  return names;
}

function oursIn({ name, fields, preserveUnknown }: ObjectSchema): Set<string> {
  const ours = new Set<string>();
  for (const [json, field] of fields) if (field.schema.type === 'map') ours.add(`${fieldName(json)}JSON`);
  if (preserveUnknown) ours.add('_json');
  // whole custom objects, at the root or inside others
  if (!name && fields.has('apiVersion') && fields.has('metadata')) for (const one of OF_OBJECTS) ours.add(one);
  return ours;
}

/**
 * What is made for structs, for as long as they are there: those of the facts for ever, anonymous ones of custom kinds as
 * long as these. One struct is one type, though the facts have variants of it (the same struct, here atomic, there not).
 */
export class ByStruct<T> {
  private readonly named = new Map<string, T>();
  private readonly anonymous = new WeakMap<ObjectSchema, T>();

  get(schema: ObjectSchema): T | undefined {
    return schema.name ? this.named.get(schema.name) : this.anonymous.get(schema);
  }
  set(schema: ObjectSchema, made: T): void {
    if (schema.name) this.named.set(schema.name, made);
    else this.anonymous.set(schema, made);
  }
}
