import type { AnySchema } from './spec.ts';

type Visit = (schema: AnySchema) => boolean | void;

/** Every schema within a schema, itself first, in the order in which Kubernetes visits them. Stops when `visit` says true. */
export function someSchema(schema: AnySchema | undefined, visit: Visit): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  if (visit(schema)) return true;
  const { items, properties, additionalProperties, patternProperties, additionalItems, dependencies } = schema;
  return (
    (Array.isArray(items) ? someOf(items, visit) : someSchema(items, visit)) ||
    someOf(schema.allOf, visit) ||
    someOf(schema.anyOf, visit) ||
    someOf(schema.oneOf, visit) ||
    someSchema(schema.not, visit) ||
    someOf(properties, visit) ||
    (typeof additionalProperties === 'object' && someSchema(additionalProperties, visit)) ||
    someOf(patternProperties, visit) ||
    (typeof additionalItems === 'object' && someSchema(additionalItems, visit)) ||
    someOf(schema.definitions, visit) ||
    someOf(dependencies, visit)
  );
}

/** The same of several; names in place of a schema are none. A walk of thousands makes no lists. */
function someOf(schemas: AnySchema[] | Record<string, AnySchema | string[]> | undefined, visit: Visit): boolean {
  const of = schemas as Record<string, AnySchema | string[]> | undefined;
  for (const name in of) {
    const schema = of[name];
    if (!Array.isArray(schema) && someSchema(schema, visit)) return true;
  }
  return false;
}

/** Parts that no structural schema can have; with them nothing but they are spoken of. */
export const isUnsupported = (s: AnySchema): boolean =>
  s.type === 'null' ||
  Array.isArray(s.items) ||
  s.$ref !== undefined ||
  s.additionalItems !== undefined ||
  Boolean(s.id || s.patternProperties || s.definitions || s.dependencies);
