import { isDeepStrictEqual } from 'node:util';
import type { Kind } from '../../kinds/kind.ts';
import { ANY_LIST, ANY_OBJECT, fieldDescription } from '../../kinds/descriptions.ts';
import { isRecord } from '../../meta/record.ts';
import { described, refPrefix, type Node, type OpenApiVersion } from './definitions.ts';
import { typeNameOf } from './type-names.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
/** What version 2 has no word for. */
const NOT_IN_V2 = new Set(['nullable', 'oneOf', 'anyOf', 'allOf', 'not', 'default', 'example', 'externalDocs']);
/** What is told last in version 2, where it is told at all. */
const PUT_LAST = new Set(['type', 'items', 'properties', 'required']);

/**
 * Properties by their names, which are a definition's own. Without a prototype it is a table: any other object would be
 * given a hidden class for each of its names, which takes a third of the time, and stays until all of the heap is
 * collected.
 */
const tableOf = (...some: (Node | undefined)[]): Node => Object.assign(Object.create(null) as Node, ...some);

/** Each property changed. */
function eachOf(properties: Record<string, Node>, change: (schema: Node) => Node): Node {
  const out = tableOf();
  for (const name of Object.keys(properties)) out[name] = change(properties[name]!);
  return out;
}

/** A schema and all below it, each changed by `change` when those below have been. */
function mapped(schema: Node, change: (schema: Node) => Node): Node {
  const out = { ...schema };
  if (isRecord(out.properties))
    out.properties = eachOf(out.properties as Record<string, Node>, (one) => mapped(one, change));
  for (const place of ['items', 'additionalProperties'])
    if (isRecord(out[place])) out[place] = mapped(out[place], change);
  return change(out);
}

/**
 * What clients of version 2 understand, each schema changed by `change` when those below have been: kubectl reads no
 * field without a type that has properties or items, and takes what is not named for wrong. Source: apiextensions'
 * ToStructuralOpenAPIV2.
 */
function asVersion2(schema: Node, change: (schema: Node) => Node): Node {
  const out: Node = {};
  for (const key in schema) {
    if (NOT_IN_V2.has(key) || PUT_LAST.has(key)) continue;
    const value = schema[key];
    out[key] = key === 'additionalProperties' && isRecord(value) ? asVersion2(value, change) : value;
  }
  const { type, items, required, additionalProperties: more } = schema;
  const properties = schema.properties as Record<string, Node> | undefined;
  const keeps = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const open = schema.nullable === true || keeps;
  const untyped = schema.nullable === true || (type === 'array' && (open || !items)) || (keeps && type === 'object');
  if (type !== undefined && !untyped) out.type = type;
  if (items !== undefined && !open) out.items = isRecord(items) ? asVersion2(items, change) : items;
  if (properties !== undefined && !open) out.properties = eachOf(properties, (one) => asVersion2(one, change));
  if (Array.isArray(required) && !(isRecord(more) && more.nullable)) {
    const mayBeNull = (name: string): boolean =>
      properties !== undefined && Object.hasOwn(properties, name) && Boolean(properties[name]?.nullable);
    const wanted = (required as string[]).filter((name) => !mayBeNull(name));
    if (wanted.length) out.required = wanted;
  }
  return change(out);
}

/**
 * What holds an integer or a text says so also in the words of JSON schema; what only explains is left out. Source:
 * apiextensions' Unfold.
 */
function unfolded({ example: _, externalDocs: __, ...schema }: Node): Node {
  if (schema['x-kubernetes-int-or-string'] !== true) return schema;
  const anyOf = [{ type: 'integer' }, { type: 'string' }];
  const { allOf = [] } = schema as { allOf?: Node[] };
  const said = (types: unknown): boolean => isDeepStrictEqual(types, anyOf);
  if (said(schema.anyOf) || said(allOf[0]?.anyOf)) return schema;
  return schema.anyOf ? { ...schema, allOf: [{ anyOf }, ...allOf] } : { ...schema, anyOf };
}

/** The words for a field that all objects, or all lists, have. */
const said = (of: string, field: string): Node => described(fieldDescription(of, field));
const typeMeta = (of: string): Node => ({
  apiVersion: { ...said(of, 'apiVersion'), type: 'string' },
  kind: { ...said(of, 'kind'), type: 'string' },
});

/** The names of a custom kind's types: its own and its list's. */
export function customTypeNames(kind: Kind): [own: string, list: string] {
  const name = typeNameOf(kind) ?? '';
  return [name, `${name.slice(0, -kind.kind.length)}${kind.listKind}`];
}

/** The properties that every object has, at the root and where there are objects within objects. */
function objectProperties(version: OpenApiVersion): Node {
  const ref = { $ref: `${refPrefix(version)}${META}.ObjectMeta` };
  const metadata = { ...said(ANY_OBJECT, 'metadata'), ...(version === 2 ? ref : { allOf: [ref] }) };
  return { ...typeMeta(ANY_OBJECT), metadata };
}

function ownSchema(schema: Node | undefined, version: OpenApiVersion): Node {
  // with anything named, kubectl would take all else for wrong
  if (!schema || (version === 2 && schema['x-kubernetes-preserve-unknown-fields'] === true)) return { type: 'object' };
  const common = objectProperties(version);
  const embedded = (one: Node): Node => {
    if (one['x-kubernetes-embedded-resource'] !== true) return one;
    if (version === 2 && one['x-kubernetes-preserve-unknown-fields'] === true) return one;
    const required = [...new Set([...((one.required ?? []) as string[]), 'kind', 'apiVersion'])];
    return { ...one, properties: tableOf(one.properties as Node, common), required };
  };
  const whole = version === 2 ? asVersion2(schema, embedded) : mapped(schema, (one) => embedded(unfolded(one)));
  return { type: 'object', ...whole, properties: tableOf(whole.properties as Node, common) };
}

/** Definitions of a custom kind and its list, from its definition. */
export function customDefinitions(kind: Kind, version: OpenApiVersion): Record<string, Node> {
  const [name, listName] = customTypeNames(kind);
  const ref = (to: string): Node => ({ $ref: `${refPrefix(version)}${to}` });
  const gvk = (of: string) => ({
    'x-kubernetes-group-version-kind': [{ group: kind.group, kind: of, version: kind.version }],
  });
  const object = { ...ownSchema(kind.definition?.schema() as Node | undefined, version), ...gvk(kind.kind) };
  const list = {
    type: 'object',
    required: ['items'],
    properties: {
      ...typeMeta(ANY_LIST),
      items: { ...said(ANY_LIST, 'items'), type: 'array', items: ref(name) },
      metadata: { ...said(ANY_LIST, 'metadata'), ...ref(`${META}.ListMeta`) },
    },
    ...gvk(kind.listKind),
  };
  return { [name]: object, [listName]: list };
}
