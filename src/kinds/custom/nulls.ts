import type { MapSchema, ObjectSchema, Schema } from '../schema.ts';

/** Removes, in place, nulls of fields, and of values of maps, that are neither nullable nor have a default (which would take their place). */
export function dropNulls(schema: Schema, value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (schema.type === 'list' && Array.isArray(value)) for (const item of value) dropNulls(schema.item, item);
  else if (schema.type === 'map') dropValues(schema, value as Record<string, unknown>);
  else if (schema.type === 'object' && schema.name === '') dropFields(schema, value as Record<string, unknown>);
}

function dropValues(schema: MapSchema, map: Record<string, unknown>): void {
  for (const [key, item] of Object.entries(map)) {
    if (item === null && schema.dropsNulls) delete map[key];
    else dropNulls(schema.value, item);
  }
}

function dropFields(schema: ObjectSchema, object: Record<string, unknown>): void {
  for (const [name, field] of schema.fields) {
    if (object[name] === null && !field.nullable && field.default === undefined) delete object[name];
    else dropNulls(field.schema, object[name]);
  }
}
