import type { Schema } from '../../../kinds/schema.ts';
import { isPlain } from '../plain.ts';
import { fieldElements } from './element.ts';

/**
 * Paths of what a configuration would replace as a whole: lists, maps and structs that are atomic, and all such within.
 * Source: apiserver's mutating/patch/smd.go.
 */
export function atomicParts(schema: Schema, value: unknown, path = ''): string[] {
  if (schema.type === 'list') {
    if (!Array.isArray(value)) return [];
    const own = schema.listType === 'atomic' ? [path] : [];
    return [...own, ...value.flatMap((item, i) => atomicParts(schema.item, item, `${path}[${i}]`))];
  }
  if ((schema.type !== 'object' && schema.type !== 'map') || !isPlain(value)) return [];
  const own = schema.atomic ? [path] : [];
  if (schema.type === 'map') return own;
  const fields = fieldElements(schema);
  const below = Object.entries(value).flatMap(([key, item]) => {
    const field = fields.get(key);
    return field ? atomicParts(field.schema, item, `${path}.${key}`) : [];
  });
  return [...own, ...below];
}
