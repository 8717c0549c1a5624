/** A part of OpenAPI. `$ref` is the bare name of a type. */
export type Schema = Readonly<Record<string, unknown>>;

/** By their names, as kube-openapi gives them. */
export type Types = Readonly<Record<string, Schema>>;

export type Version = 2 | 3;

export const referenceTo = (type: string, version: Version): string =>
  `#/${version === 2 ? 'definitions' : 'components/schemas'}/${type}`;

/**
 * The schema as one version of OpenAPI has it. Version 2 knows no defaults here, and what is one of several is a text; in
 * version 3 nothing stands beside a reference. Source: kube-openapi, which writes both so.
 */
export function rendered(schema: Schema, version: Version): Schema {
  const of = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(of)
      : typeof value === 'object' && value !== null
        ? rendered(value as Schema, version)
        : value;
  const { $ref, oneOf, ...rest } = schema;
  const { default: value, ...others } = rest;
  const plain = Object.fromEntries(
    Object.entries(version === 2 || typeof value === 'object' ? others : rest).map(([key, part]) => [key, of(part)]),
  );
  if (version === 3 && typeof value === 'object') plain['default'] = value;
  if (oneOf !== undefined) return version === 2 ? { ...plain, type: 'string' } : { ...plain, oneOf };
  if (typeof $ref !== 'string') return plain;
  const reference = { $ref: referenceTo($ref, version) };
  return version === 2 || Object.keys(plain).length === 0
    ? { ...plain, ...reference }
    : { ...plain, allOf: [reference] };
}

/** Types that these refer to, and those that they refer to. */
export function reachedFrom(roots: readonly string[], types: Types): string[] {
  const found = new Set(roots);
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, part] of Object.entries(value))
      if (key === '$ref' && typeof part === 'string') found.add(part);
      else look(part);
  };
  // a set is walked to its end, what is added meanwhile included
  for (const name of found) look(types[name]);
  return [...found].sort();
}
