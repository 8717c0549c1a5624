import type { Schema } from '../../../kinds/schema.ts';
import { isPlain, put, type Plain } from '../plain.ts';
import type { Untyped } from './compare.ts';
import { fieldElements, itemElements } from './element.ts';
import { isEmptySet, LEAF, type FieldSet } from './fieldset.ts';

const DEDUCED: Schema = { type: 'any' };
const isMember = (node: FieldSet): boolean => node['.'] !== undefined || isEmptySet(node);

/**
 * The value without the fields and items that are members of the set; undefined when nothing is left.
 * Source: structured-merge-diff, TypedValue.RemoveItems.
 */
export function removeItems(schema: Schema, value: unknown, set: FieldSet, untyped: Untyped): unknown {
  if (isEmptySet(set)) return value;
  if (schema.type === 'list') {
    if (!Array.isArray(value) || value.length === 0 || schema.listType === 'atomic') return undefined;
    const elements = itemElements(schema, value);
    if (!elements) return value;
    const items: unknown[] = [];
    for (let i = 0; i < value.length; i++) {
      const node = set[elements[i]!];
      if (node === undefined) items.push(value[i]);
      else if (!isMember(node)) items.push(removeItems(schema.item, value[i], node, untyped) ?? null);
    }
    return items.length ? items : undefined;
  }
  if (schema.type === 'any' && (untyped === 'atomic' || !isPlain(value))) return value;
  if (schema.type !== 'object' && schema.type !== 'map' && schema.type !== 'any') return value;
  if (!isPlain(value) || (schema.type !== 'any' && schema.atomic)) return undefined;
  const declared = schema.type === 'object' ? fieldElements(schema) : undefined;
  const item = schema.type === 'map' ? schema.value : DEDUCED;
  const out: Plain = {};
  let left = false;
  for (const key in value) {
    const field = declared?.get(key);
    const node = set[field ? field.element : `f:${key}`];
    if (node !== undefined && isMember(node)) continue;
    left = true;
    const kept = node
      ? removeItems(field ? field.schema : item, value[key], node, declared && !field ? 'deduced' : untyped)
      : value[key];
    // what is left empty is null to its owners, until it is read as a Go struct
    if (kept !== undefined || untyped === 'atomic') put(out, key, kept ?? null);
  }
  return left ? out : undefined;
}

const hasBelow = ({ type }: Schema): boolean => type === 'object' || type === 'map' || type === 'list';

/** The set with every declared field of a struct as a member, not only those without children. */
export function namedFieldsAsMembers(schema: Schema, set: FieldSet): FieldSet {
  if (isEmptySet(set) || !hasBelow(schema)) return set;
  const declared = schema.type === 'object' ? fieldElements(schema) : undefined;
  const below = schema.type === 'map' ? schema.value : schema.type === 'list' ? schema.item : DEDUCED;
  if (!declared && !hasBelow(below)) return set;
  let out: FieldSet | undefined;
  for (const element in set) {
    if (element === '.') continue;
    const field = declared && element.startsWith('f:') ? declared.get(element.slice(2)) : undefined;
    const child = set[element]!;
    let named = namedFieldsAsMembers(field?.schema ?? below, child);
    if (field && !isMember(named)) named = { '.': LEAF, ...named };
    if (named !== child) (out ??= { ...set })[element] = named;
  }
  return out ?? set;
}
