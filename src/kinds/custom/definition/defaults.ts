import { isDeepStrictEqual } from 'node:util';
import { invalid, type FieldError, type Path } from '../../../meta/field.ts';
import { Walk } from '../../decode-struct.ts';
import type { JsonSchema } from '../json-schema.ts';
import { pruneValue } from '../prune.ts';
import { structuralSchema } from '../structural.ts';
import { validateValue } from '../validate-schema.ts';
import type { AnySchema } from './spec.ts';

const NOWHERE = '<nil>';

function validateDefault(schema: AnySchema, at: Path): FieldError[] {
  const value = schema.default;
  const errors: FieldError[] = [];
  if (typeof value === 'object' && value !== null) {
    const pruned: unknown = structuredClone(value);
    pruneValue(structuralSchema(schema as JsonSchema), pruned, new Walk());
    if (!isDeepStrictEqual(pruned, value)) errors.push(invalid(at, value, 'must not have unknown fields'));
  }
  // what is wrong with an item of a list is told as if that were a field: `default.[0]`
  const place = (field: string): string => (field === '' || field === NOWHERE ? String(at) : `${at}.${field}`);
  return [
    ...errors,
    ...validateValue(schema as JsonSchema, value, '', undefined).map((e) => ({ ...e, field: place(e.field) })),
  ];
}

/** Defaults have to be good values of their schemas, without anything that pruning would take. */
export function validateDefaults(schema: AnySchema, at: Path): FieldError[] {
  const errors =
    schema.default === undefined || schema.default === null ? [] : validateDefault(schema, at.child('default'));
  if (schema.items && !Array.isArray(schema.items)) errors.push(...validateDefaults(schema.items, at.child('items')));
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    errors.push(...validateDefaults(property, at.child('properties').key(name)));
  return errors;
}
