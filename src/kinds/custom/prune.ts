import { Walk } from '../decode-struct.ts';
import { objectMetaSchema } from '../builtin-schema.ts';
import type { ObjectSchema, Schema } from '../schema.ts';
import { readMetadata } from './read-metadata.ts';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function countAll(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + countAll(item), 0);
  if (!isObject(value)) return 0;
  return Object.values(value).reduce<number>((sum, item) => sum + countAll(item), Object.keys(value).length);
}

/** As `prune`, of any value of a schema. */
export function pruneValue(schema: Schema, value: unknown, walk: Walk): void {
  if (schema.type === 'object' && isObject(value)) pruneFields(schema, value, walk);
  else if (schema.type === 'list' && Array.isArray(value)) {
    value.forEach((item, i) => {
      walk.trail.push(`[${i}]`);
      pruneValue(schema.item, item, walk);
      walk.trail.pop();
    });
  } else if (schema.type === 'map' && isObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      walk.keys++;
      walk.trail.push(key);
      pruneValue(schema.value, item, walk);
      walk.trail.pop();
    }
  } else walk.keys += countAll(value);
}

function pruneFields(schema: ObjectSchema, object: Record<string, unknown>, walk: Walk): void {
  for (const key of Object.keys(object)) {
    walk.keys++;
    const field = schema.fields.get(key);
    if (field) {
      walk.trail.push(key);
      // an embedded resource's metadata is a struct of its own
      if (field.schema === objectMetaSchema) object[key] = readMetadata(object[key], walk);
      else pruneValue(field.schema, object[key], walk);
      walk.trail.pop();
    } else {
      walk.keys += countAll(object[key]);
      if (schema.preserveUnknown) continue;
      walk.unknown.push([...walk.trail, key].join('.').replaceAll('.[', '['));
      delete object[key];
    }
  }
}

/**
 * Removes, in place, what a structural schema does not name; `walk` learns what that was.
 * kind, apiVersion and metadata at the root are not looked at.
 */
export function prune(schema: ObjectSchema, object: Record<string, unknown>, walk: Walk): void {
  const { kind, apiVersion } = object;
  delete object['kind'];
  delete object['apiVersion'];
  pruneFields(schema, object, walk);
  if (kind !== undefined) object['kind'] = kind;
  if (apiVersion !== undefined) object['apiVersion'] = apiVersion;
}
