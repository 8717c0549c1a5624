import type { AnySchema } from './spec.ts';

/** Every schema within a schema, itself first, in the order in which Kubernetes visits them. Stops when `visit` says true. */
export function someSchema(schema: AnySchema | undefined, visit: (schema: AnySchema) => boolean | void): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  if (visit(schema)) return true;
  const below = (each: AnySchema | undefined): boolean => someSchema(each, visit);
  const values = (of: Record<string, AnySchema> | undefined): boolean => Object.values(of ?? {}).some(below);
  const maybe = (of: AnySchema | boolean | undefined): boolean => typeof of === 'object' && below(of);
  return (
    (Array.isArray(schema.items) ? schema.items.some(below) : below(schema.items)) ||
    (schema.allOf ?? []).some(below) ||
    (schema.anyOf ?? []).some(below) ||
    (schema.oneOf ?? []).some(below) ||
    below(schema.not) ||
    values(schema.properties) ||
    maybe(schema.additionalProperties) ||
    values(schema.patternProperties) ||
    maybe(schema.additionalItems) ||
    values(schema.definitions) ||
    Object.values(schema.dependencies ?? {}).some((d) => !Array.isArray(d) && below(d))
  );
}

/** Parts that no structural schema can have; with them nothing but they are spoken of. */
export const isUnsupported = (s: AnySchema): boolean =>
  s.type === 'null' ||
  Array.isArray(s.items) ||
  s.$ref !== undefined ||
  s.additionalItems !== undefined ||
  Boolean(s.id || s.patternProperties || s.definitions || s.dependencies);
