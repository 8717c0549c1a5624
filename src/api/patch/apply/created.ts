import { LRUCache } from 'lru-cache';
import type { ListSchema, MapSchema, ObjectSchema, Schema } from '../../../kinds/schema.ts';
import type { Steps } from '../../../meta/steps.ts';
import { itemElements } from './element.ts';
import type { FieldSet } from './fieldset.ts';

/** Sets take some twenty times the text of their shape: about 10 MB at the most, for a thousand shapes of pods. */
const MAX_TEXT = 512 << 10;
const MAX_ENTRY = 16 << 10;

/**
 * What a creator owns depends on which fields an object has, and not on their values; and objects that are created by
 * the thousands (the pods of a workload) have the same fields. So the set is computed once for each shape, and shared.
 */
export class CreatedSets {
  readonly #sets = new LRUCache<string, FieldSet>({
    maxSize: MAX_TEXT,
    maxEntrySize: MAX_ENTRY,
    sizeCalculation: (_, shape) => shape.length,
  });

  /**
   * @param endpoint tells apart what the shape does not: kind, version and subresource
   * @param make the set of `object`; called for a shape that has not been seen lately
   */
  *of(endpoint: string, schema: ObjectSchema, object: object, make: () => Steps<FieldSet>): Steps<FieldSet> {
    const shape = `${endpoint} ${shapeOf(schema, object)}`;
    const known = shape.length > MAX_ENTRY ? undefined : this.#sets.get(shape);
    if (known) return known;
    yield;
    const set = yield* make();
    this.#sets.set(shape, set);
    return set;
  }
}

/**
 * A text that is the same only for objects of a built-in kind whose creators own the same fields: names of fields, keys
 * of maps and items of lists, and of each value whether it is the zero value, which Go leaves out or has anyway.
 * One that is longer than what is kept ends early.
 */
export function shapeOf(schema: Schema, value: unknown): string {
  if (value === undefined || value === null) return 'n';
  switch (schema.type) {
    case 'object':
      return typeof value === 'object' ? shapeOfStruct(schema, value as Record<string, unknown>) : '1';
    case 'map':
      return typeof value === 'object' ? shapeOfMap(schema, value as Record<string, unknown>) : '1';
    case 'list':
      return Array.isArray(value) ? shapeOfList(schema, value) : '1';
    case 'any':
      return '1';
    case 'quantity':
      return value === '0' ? '0' : '1';
    case 'duration':
      return value === '0s' || value === '' ? `0${value}` : '1';
    default:
      return value === '' || value === 0 || value === false ? '0' : '1';
  }
}

function shapeOfStruct({ fields }: ObjectSchema, value: Record<string, unknown>): string {
  let shape = '{';
  for (const key in value) {
    const field = fields.get(key);
    if (field && value[key] !== undefined) shape += `${key}${shapeOf(field.schema, value[key])},`;
  }
  return `${shape}}`;
}

/** Keys are a client's, and so come with their length. */
function shapeOfMap({ atomic, value: item }: MapSchema, value: Record<string, unknown>): string {
  let shape = '{';
  for (const key in value) {
    if (atomic) return '1';
    if (shape.length > MAX_ENTRY) break;
    shape += `${key.length}:${key}${shapeOf(item, value[key])},`;
  }
  return `${shape}}`;
}

function shapeOfList(schema: ListSchema, items: readonly unknown[]): string {
  if (items.length === 0) return '[]';
  // each takes a character at least
  if (items.length > MAX_ENTRY && schema.listType !== 'atomic') return '['.padEnd(MAX_ENTRY + 1);
  const elements = schema.listType === 'atomic' ? undefined : itemElements(schema, items);
  if (!elements) return '1';
  let shape = '[';
  for (let i = 0; i < items.length && shape.length <= MAX_ENTRY; i++)
    shape += `${elements[i]!.length}:${elements[i]}${shapeOf(schema.item, items[i])},`;
  return `${shape}]`;
}
