import { isDeepStrictEqual } from 'node:util';
import type { Kind } from '../../kinds/kind.ts';
import { ANY_LIST, ANY_OBJECT, fieldDescription } from '../../kinds/descriptions.ts';
import { isRecord } from '../../meta/record.ts';
import { described, refPrefix, type Node, type OpenApiVersion } from './definitions.ts';
import { typeNameOf } from './type-names.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
/** What version 2 has no word for. */
const NOT_IN_V2 = new Set(['nullable', 'oneOf', 'anyOf', 'allOf', 'not', 'default', 'example', 'externalDocs']);

/** A schema and all below it, each changed by `change` when those below have been. */
function mapped(schema: Node, change: (schema: Node) => Node): Node {
  const out = { ...schema };
  if (isRecord(out.properties)) {
    const all = Object.entries(out.properties);
    out.properties = Object.fromEntries(all.map(([name, one]) => [name, mapped(one as Node, change)]));
  }
  for (const place of ['items', 'additionalProperties'])
    if (isRecord(out[place])) out[place] = mapped(out[place], change);
  return change(out);
}

/**
 * What clients of version 2 understand: kubectl reads no field without a type that has properties or items, and takes
 * what is not named for wrong. Source: apiextensions' ToStructuralOpenAPIV2.
 */
function asVersion2(schema: Node): Node {
  const named = Object.entries((schema.properties ?? {}) as Node);
  const nullable = new Set(named.flatMap(([name, one]) => ((one as Node).nullable ? name : [])));
  const below = { ...schema };
  if (named.length) below.properties = Object.fromEntries(named.map(([name, one]) => [name, asVersion2(one as Node)]));
  for (const place of ['items', 'additionalProperties'])
    if (isRecord(below[place])) below[place] = asVersion2(below[place]);
  const { type, items, properties, required, ...rest } = below;
  const keeps = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const open = schema.nullable === true || keeps;
  const more = schema.additionalProperties;
  const wanted = isRecord(more) && more.nullable ? [] : ((required ?? []) as string[]).filter((n) => !nullable.has(n));
  const untyped = schema.nullable === true || (type === 'array' && (open || !items)) || (keeps && type === 'object');
  return {
    ...Object.fromEntries(Object.entries(rest).filter(([key]) => !NOT_IN_V2.has(key))),
    ...(type !== undefined && !untyped && { type }),
    ...(items !== undefined && !open && { items }),
    ...(properties !== undefined && !open && { properties }),
    ...(wanted.length && { required: wanted }),
  };
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
    return { ...one, properties: { ...(one.properties as Node), ...common }, required };
  };
  const own = version === 2 ? asVersion2(schema) : mapped(schema, unfolded);
  const whole = mapped(own, embedded);
  return { type: 'object', ...whole, properties: { ...(whole.properties as Node), ...common } };
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
