import { resourceFacts, typeFacts, type FieldFacts, type FieldMore, type TypeFacts } from './facts.ts';

/** Any JSON Schema of an OpenAPI document. */
export type OpenApiSchema = Record<string, unknown>;

type Edition = 2 | 3;
const prefix = (edition: Edition): string => (edition === 2 ? '#/definitions/' : '#/components/schemas/');

const PLAIN: Readonly<Record<string, OpenApiSchema>> = {
  string: { type: 'string' },
  boolean: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
  bytes: { type: 'string', format: 'byte' },
  any: { type: 'object' },
};
const ZERO: Readonly<Record<string, unknown>> = { string: '', boolean: false, int32: 0, int64: 0, double: 0 };

const isStruct = (name: string): boolean => typeFacts[name]?.fields !== undefined;

/** Items of lists and values of maps are never absent in Go, so version 3 gives them their zero value as default. */
function innerSchema(expression: string, edition: Edition, choices: string[] | undefined): OpenApiSchema {
  if (expression.startsWith('#')) {
    const $ref = prefix(edition) + expression.slice(1);
    return edition === 3 && isStruct(expression.slice(1)) ? { default: {}, allOf: [{ $ref }] } : { $ref };
  }
  const schema = { ...typeSchema(expression, edition, choices) };
  if (edition === 3 && expression in ZERO) schema['default'] = ZERO[expression];
  return schema;
}

function typeSchema(expression: string, edition: Edition, choices?: string[]): OpenApiSchema {
  if (expression.startsWith('[]')) return { type: 'array', items: innerSchema(expression.slice(2), edition, choices) };
  if (expression.startsWith('{}'))
    return { type: 'object', additionalProperties: innerSchema(expression.slice(2), edition, choices) };
  if (expression.startsWith('#')) return { $ref: prefix(edition) + expression.slice(1) };
  return { ...PLAIN[expression], ...(choices && { enum: choices }) };
}

const extensions = (more: FieldMore): OpenApiSchema => ({
  ...(more.list && { 'x-kubernetes-list-type': more.list }),
  ...(more.keys && { 'x-kubernetes-list-map-keys': more.keys }),
  ...(more.map && { 'x-kubernetes-map-type': more.map }),
  ...(more.patch && { 'x-kubernetes-patch-strategy': more.patch }),
  ...(more.mergeKey && { 'x-kubernetes-patch-merge-key': more.mergeKey }),
});

function fieldSchema([, expression, , flags, more = {}]: FieldFacts, edition: Edition): OpenApiSchema {
  const schema = typeSchema(expression, edition, more.enum);
  if (edition === 2) return { ...schema, ...extensions(more) };
  const zero = expression.startsWith('#') ? {} : ZERO[expression];
  const value = more.default ?? (flags.includes('z') ? zero : undefined);
  const { $ref, ...rest } = schema;
  const bare = $ref !== undefined && value === undefined && flags.includes('b');
  return {
    ...($ref === undefined ? rest : bare ? { $ref } : { allOf: [{ $ref }] }),
    ...(value !== undefined && { default: value }),
    ...extensions(more),
  };
}

function structSchemaOf(facts: TypeFacts & { fields: FieldFacts[] }, edition: Edition): OpenApiSchema {
  const required = facts.fields.filter((f) => f[3].includes('r')).map((f) => f[0]);
  const fields = [...facts.fields].sort((a, b) => (a[0] < b[0] ? -1 : 1));
  return {
    type: 'object',
    ...(required.length && { required }),
    properties: Object.fromEntries(fields.map((f) => [f[0], fieldSchema(f, edition)])),
  };
}

/** One definition (v2) or component (v3) by its name; undefined where that edition has none of this name. */
export function openApiSchema(name: string, edition: Edition): OpenApiSchema | undefined {
  const facts = typeFacts[name];
  if (!facts || (facts.only !== undefined && facts.only !== edition)) return undefined;
  const { fields, gvk, map, unions } = facts;
  return {
    ...(fields ? structSchemaOf({ ...facts, fields }, edition) : edition === 2 ? facts.v2 : facts.v3),
    ...(gvk && { 'x-kubernetes-group-version-kind': gvk.map(([group, version, kind]) => ({ group, kind, version })) }),
    ...(map && { 'x-kubernetes-map-type': map }),
    ...(unions !== undefined && { 'x-kubernetes-unions': unions }),
  };
}

/** Names that a type's fields refer to. */
const referred = (name: string): string[] =>
  (typeFacts[name]?.fields ?? []).flatMap((f) => /#(.+)$/.exec(f[1])?.[1] ?? []);

/** `names` and all types that they need, as a `definitions` (2) or `components.schemas` (3) object sorted by name. */
export function openApiSchemas(names: Iterable<string>, edition: Edition): Record<string, OpenApiSchema> {
  const found = new Set<string>();
  const queue = [...names];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (found.has(name) || !typeFacts[name]) continue;
    found.add(name);
    queue.push(...referred(name));
  }
  const out: Record<string, OpenApiSchema> = {};
  for (const name of [...found].sort()) {
    const schema = openApiSchema(name, edition);
    if (schema) out[name] = schema;
  }
  return out;
}

/** All definitions of the built-in types: the `definitions` of OpenAPI v2. */
export const allOpenApiSchemas = (edition: Edition): Record<string, OpenApiSchema> =>
  openApiSchemas(Object.keys(typeFacts), edition);

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.';

/** Definition name of a kind; undefined for kinds without one (PodExecOptions). */
export function definitionOf(group: string, version: string, kind: string): string | undefined {
  const own = resourceFacts.find((r) => r.group === group && r.version === version && r.kind === kind);
  if (own) return own.type;
  return Object.keys(typeFacts).find((name) => {
    const gvk = typeFacts[name]?.gvk;
    return gvk?.length === 1 && gvk[0]?.[0] === group && gvk[0][1] === version && gvk[0][2] === kind;
  });
}

/** `components.schemas` of one group and version in OpenAPI v3: what its paths refer to. */
export function openApiComponents(group: string, version: string): Record<string, OpenApiSchema> {
  const names = new Set([`${META}APIResourceList`]);
  for (const r of resourceFacts.filter((f) => f.group === group && f.version === version)) {
    names.add(r.type);
    if (r.verbs.includes('list')) names.add(`${r.type}List`);
    if (r.verbs.includes('watch')) names.add(`${META}WatchEvent`);
    if (r.verbs.includes('delete')) for (const name of ['DeleteOptions', 'Status']) names.add(META + name);
    if (r.verbs.includes('patch')) names.add(`${META}Patch`);
    for (const { kind } of r.subresources) {
      const name = definitionOf(kind[1] === '' ? r.group : kind[0], kind[1] || r.version, kind[2]);
      if (name) names.add(name);
    }
  }
  return openApiSchemas(names, 3);
}
