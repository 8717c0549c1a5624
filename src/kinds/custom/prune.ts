import { showValue } from '../../meta/field.ts';
import { Walk } from '../decode-struct.ts';
import { objectMetaSchema } from '../builtin-schema.ts';
import type { ObjectSchema, Schema } from '../schema.ts';
import { readMetadata } from './read-metadata.ts';
import { sortedCopy } from './sorted.ts';

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
  } else if (schema.type === 'any') walk.keys += countAll(value);
  else pruneAll(value, walk);
}

/** What is of another type than its schema has no field that the schema names. */
function pruneAll(value: unknown, walk: Walk): void {
  if (Array.isArray(value)) {
    value.forEach((item, i) => {
      walk.trail.push(`[${i}]`);
      pruneAll(item, walk);
      walk.trail.pop();
    });
  } else if (isObject(value))
    for (const key of Object.keys(value)) {
      walk.keys += 1 + countAll(value[key]);
      dropField(value, key, walk);
    }
}

function dropField(object: Record<string, unknown>, key: string, walk: Walk): void {
  walk.unknown.push(walk.path(key));
  delete object[key];
}

function pruneFields(schema: ObjectSchema, object: Record<string, unknown>, walk: Walk): void {
  const whole = schema.fields.get('metadata')?.schema === objectMetaSchema;
  for (const key of Object.keys(object)) {
    walk.keys++;
    const field = schema.fields.get(key);
    if (field) {
      walk.trail.push(key);
      if (whole && PARTS.has(key)) readPart(object, key, walk);
      else pruneValue(field.schema, object[key], walk);
      walk.trail.pop();
    } else {
      walk.keys += countAll(object[key]);
      if (schema.preserveUnknown) continue;
      dropField(object, key, walk);
    }
  }
}

const PARTS = new Set(['apiVersion', 'kind', 'metadata']);

/**
 * A part of a whole object within an object: its metadata is a struct of its own, its kind and apiVersion are texts. Other
 * values of them are a matter of decoding. Source: Coerce of apiextensions-apiserver.
 */
function readPart(object: Record<string, unknown>, name: string, walk: Walk): void {
  const value = object[name];
  const fail = (why: string): void =>
    walk.fail(`${walk.path()}: Invalid value: ${showValue(sortedCopy(value))}: ${why}`);
  if (name !== 'metadata') {
    if (typeof value !== 'string') fail('must be a string');
    return;
  }
  const own = new Walk(objectMetaSchema);
  readMetadata(value, own);
  if (own.error === undefined) object[name] = readMetadata(value, walk);
  else fail(own.error);
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
