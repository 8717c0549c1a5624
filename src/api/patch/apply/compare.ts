import type { ListSchema, MapSchema, ObjectSchema, Schema } from '../../../kinds/schema.ts';
import { sameJson } from '../equal.ts';
import { isEmptyObject, isPlain, own, type Plain } from '../plain.ts';
import { fieldElements, itemElements } from './element.ts';
import { EMPTY, LEAF, type FieldSet } from './fieldset.ts';

/**
 * What untyped JSON is: one value in built-in kinds (RawExtension), a tree of fields with atomic lists in custom ones.
 * Source: structured-merge-diff's untyped atomic and deduced types.
 */
export type Untyped = 'atomic' | 'deduced';

const DEDUCED: Schema = { type: 'any' };

export interface Comparison {
  /** fields that are new or have another value */
  changed: FieldSet;
  /** fields that are gone */
  removed: FieldSet;
}

/** All fields of an object; containers are members where they are empty, entries of maps and items of lists always. */
export const fieldsOf = (schema: Schema, object: unknown, untyped: Untyped): FieldSet =>
  fieldsNode(schema, object, untyped, false, false) ?? EMPTY;

/** `whole`: as a value that is new, whose containers are all members. `self`: the node is a member in any case. */
function fieldsNode(
  schema: Schema,
  value: unknown,
  untyped: Untyped,
  whole: boolean,
  self: boolean,
): FieldSet | undefined {
  if (typeof value !== 'object' || value === null) return LEAF;
  if (Array.isArray(value)) {
    if (schema.type !== 'list' || schema.listType === 'atomic') return LEAF;
    return itemsNode(schema, value, untyped, whole, self);
  }
  const fields = value as Plain;
  const member = self || whole;
  let out: FieldSet | undefined;
  if (schema.type === 'object') {
    if (schema.atomic) return LEAF;
    const declared = fieldElements(schema);
    for (const key in fields) {
      if (fields[key] === undefined) continue;
      const field = declared.get(key);
      const child = field
        ? fieldsNode(field.schema, fields[key], untyped, whole, false)
        : fieldsNode(DEDUCED, fields[key], 'deduced', whole, true);
      if (child) (out ??= member ? { '.': LEAF } : {})[field ? field.element : `f:${key}`] = child;
    }
  } else {
    if (schema.type === 'any' ? untyped === 'atomic' : schema.type !== 'map' || schema.atomic) return LEAF;
    const item = schema.type === 'map' ? schema.value : DEDUCED;
    for (const key in fields) {
      if (fields[key] === undefined) continue;
      (out ??= member ? { '.': LEAF } : {})[`f:${key}`] = fieldsNode(item, fields[key], untyped, whole, true) ?? LEAF;
    }
  }
  return out ?? (member || isEmptyObject(fields) ? LEAF : undefined);
}

function itemsNode(
  list: ListSchema,
  items: unknown[],
  untyped: Untyped,
  whole: boolean,
  self: boolean,
): FieldSet | undefined {
  if (items.length === 0) return self || whole ? LEAF : undefined;
  const elements = itemElements(list, items);
  if (!elements) return LEAF;
  const out: FieldSet = self || whole ? { '.': LEAF } : {};
  for (let i = 0; i < items.length; i++) {
    const element = elements[i]!;
    // items that occur twice are one value
    out[element] = out[element] === undefined ? (fieldsNode(list.item, items[i], untyped, whole, true) ?? LEAF) : LEAF;
  }
  return out;
}

interface Difference {
  changed?: FieldSet | undefined;
  removed?: FieldSet | undefined;
}
const CHANGED: Difference = { changed: LEAF };

/** What differs between two states of an object of one schema. */
export function compare(schema: Schema, old: unknown, object: unknown, untyped: Untyped): Comparison {
  const { changed = EMPTY, removed = EMPTY } = compareNode(schema, old, object, untyped) ?? {};
  return { changed, removed };
}

function compareNode(schema: Schema, old: unknown, value: unknown, untyped: Untyped): Difference | undefined {
  if (old === value) return undefined;
  switch (schema.type) {
    case 'object':
      if (!schema.atomic) return compareFields(schema, old, value, untyped);
      break;
    case 'map':
      if (!schema.atomic) return compareFields(schema, old, value, untyped);
      break;
    case 'list':
      if (schema.listType !== 'atomic') return compareItems(schema, old, value, untyped);
      break;
    case 'any':
      if (untyped === 'deduced' && isPlain(old) && isPlain(value)) return compareFields(undefined, old, value, untyped);
  }
  return sameJson(old, value) ? undefined : CHANGED;
}

function compareFields(
  schema: ObjectSchema | MapSchema | undefined,
  oldValue: unknown,
  value: unknown,
  untyped: Untyped,
): Difference | undefined {
  const old = isPlain(oldValue) ? oldValue : undefined;
  const now = isPlain(value) ? value : undefined;
  if ((!old || isEmptyObject(old)) && (!now || isEmptyObject(now)))
    return sameJson(oldValue, value) ? undefined : CHANGED;
  const declared = schema?.type === 'object' ? fieldElements(schema) : undefined;
  const item = schema?.type === 'map' ? schema.value : DEDUCED;
  let changed: FieldSet | undefined;
  let removed: FieldSet | undefined;
  for (const key in now) {
    const current = now[key];
    if (current === undefined) continue;
    const field = declared?.get(key);
    const type = field ? field.schema : item;
    const previous = old ? own(old, key) : undefined;
    const kind = declared && !field ? 'deduced' : untyped;
    if (previous === undefined) {
      (changed ??= {})[field ? field.element : `f:${key}`] = fieldsNode(type, current, kind, true, true)!;
      continue;
    }
    const difference = compareNode(type, previous, current, kind);
    if (!difference) continue;
    const element = field ? field.element : `f:${key}`;
    if (difference.changed) (changed ??= {})[element] = difference.changed;
    if (difference.removed) (removed ??= {})[element] = difference.removed;
  }
  for (const key in old) {
    if (old[key] === undefined || (now && own(now, key) !== undefined)) continue;
    const field = declared?.get(key);
    const kind = declared && !field ? 'deduced' : untyped;
    (removed ??= {})[field ? field.element : `f:${key}`] = fieldsNode(
      field ? field.schema : item,
      old[key],
      kind,
      true,
      true,
    )!;
  }
  return changed || removed ? { changed, removed } : undefined;
}

function compareItems(list: ListSchema, oldValue: unknown, value: unknown, untyped: Untyped): Difference | undefined {
  const old: unknown[] = Array.isArray(oldValue) ? oldValue : [];
  const now: unknown[] = Array.isArray(value) ? value : [];
  if (old.length === 0 && now.length === 0) return sameJson(oldValue, value) ? undefined : CHANGED;
  const oldElements = itemElements(list, old);
  const elements = itemElements(list, now);
  if (!oldElements || !elements) return sameJson(oldValue, value) ? undefined : CHANGED;
  const before = byElement(oldElements, old);
  const after = byElement(elements, now);
  let changed: FieldSet | undefined;
  let removed: FieldSet | undefined;
  const whole = (item: unknown): FieldSet => fieldsNode(list.item, item, untyped, true, true)!;
  for (const [element, items] of after) {
    const previous = before.get(element);
    if (items.length > 1) {
      // items that occur twice have no identity of their own: they are one value
      if (previous && previous.length > 1 && sameJson(previous, items)) continue;
      (changed ??= {})[element] = LEAF;
      if (previous?.length === 1) (removed ??= {})[element] = whole(previous[0]);
    } else if (previous?.length === 1) {
      const difference = compareNode(list.item, previous[0], items[0], untyped);
      if (difference?.changed) (changed ??= {})[element] = difference.changed;
      if (difference?.removed) (removed ??= {})[element] = difference.removed;
    } else {
      (changed ??= {})[element] = whole(items[0]);
      if (previous) (removed ??= {})[element] = LEAF;
    }
  }
  for (const [element, items] of before) {
    if (!after.has(element)) (removed ??= {})[element] = items.length > 1 ? LEAF : whole(items[0]);
  }
  return changed || removed ? { changed, removed } : undefined;
}

export function byElement(elements: readonly string[], items: readonly unknown[]): Map<string, unknown[]> {
  const out = new Map<string, unknown[]>();
  for (let i = 0; i < items.length; i++) {
    const same = out.get(elements[i]!);
    if (same) same.push(items[i]);
    else out.set(elements[i]!, [items[i]]);
  }
  return out;
}
