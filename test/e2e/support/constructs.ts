import type { KubeObject } from '../../../src/meta/object.ts';

type Schema = Record<string, unknown>;
interface Version {
  additionalPrinterColumns?: { type: string; jsonPath: string }[];
  subresources?: Record<string, object>;
  selectableFields?: object[];
  schema: { openAPIV3Schema: Schema };
}

/** Keywords whose value says what they mean. */
const BY_VALUE = new Set([
  'type',
  'format',
  'nullable',
  'x-kubernetes-list-type',
  'x-kubernetes-map-type',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
  'x-kubernetes-preserve-unknown-fields',
]);
const BRANCHES = ['allOf', 'anyOf', 'oneOf'] as const;
const BELOW = ['items', 'not', 'additionalProperties'] as const;

/**
 * What a definition is made of: keywords of its schemas (below `oneOf` and the like apart), of its rules, columns and
 * subresources.
 */
export function constructsOf({ spec }: KubeObject): Set<string> {
  const found = new Set<string>();
  const { versions, names, conversion, scope } = spec as {
    versions: (Version & Record<string, unknown>)[];
    names: object;
    conversion?: { strategy: string };
    scope: string;
  };
  found.add(`scope ${scope}`);
  for (const name of Object.keys(names)) found.add(`names ${name}`);
  if (conversion) found.add(`conversion ${conversion.strategy}`);
  for (const version of versions) {
    for (const name of Object.keys(version)) found.add(`version ${name}`);
    for (const column of version.additionalPrinterColumns ?? []) {
      for (const name of Object.keys(column)) found.add(`column ${name}`);
      found.add(`column of ${column.type}`);
      found.add(`path ${shapeOf(column.jsonPath)}`);
    }
    for (const [name, at] of Object.entries(version.subresources ?? {}))
      found.add(['subresource', name, ...Object.keys(at).toSorted()].join(' '));
    walk(version.schema.openAPIV3Schema, '', found);
  }
  return found;
}

/** A path without its names: `.x.x["x/x"]`, `.x.x[?(@.x=="x")].x`. */
const shapeOf = (path: string): string =>
  path
    .replaceAll(' ', '')
    .replaceAll("'", '"')
    .replace(/[A-Za-z]+/g, 'x')
    .replace(/(?:\\\.x)+/g, '');

/** @param where `branch ` below what is tried beside others */
function walk(schema: Schema, where: string, found: Set<string>): void {
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === 'properties') for (const each of Object.values(value as Schema)) walk(each as Schema, where, found);
    else if (keyword === 'x-kubernetes-validations')
      for (const rule of value as object[]) for (const name of Object.keys(rule)) found.add(`rule ${name}`);
    else if (keyword === 'default') found.add(`default ${Array.isArray(value) ? 'array' : typeof value}`);
    else found.add(`${where}${keyword}${BY_VALUE.has(keyword) ? ` ${String(value)}` : ''}`);
  }
  for (const name of BELOW) if (schema[name]) walk(schema[name] as Schema, name === 'not' ? 'branch ' : where, found);
  for (const name of BRANCHES) for (const each of (schema[name] ?? []) as Schema[]) walk(each, 'branch ', found);
}
