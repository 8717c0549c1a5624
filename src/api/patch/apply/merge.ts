import type { ListSchema, Schema } from '../../../kinds/schema.ts';
import { isEmptyObject, isPlain, own, put, type Plain } from '../plain.ts';
import { byElement, type Untyped } from './compare.ts';
import { fieldElements, itemElements } from './element.ts';

const DEDUCED: Schema = { type: 'any' };

/**
 * Puts an applied configuration over the live value: fields and items that the configuration does not name stay.
 * Neither argument is changed; the result shares parts with both.
 * Source: structured-merge-diff, TypedValue.Merge.
 */
export function mergeApplied(schema: Schema, live: unknown, config: unknown, untyped: Untyped): unknown {
  if (config === undefined) return live;
  if (live === undefined || live === config) return config;
  switch (schema.type) {
    case 'object':
    case 'map':
      return schema.atomic ? config : mergeFields(schema, live, config, untyped);
    case 'list':
      return schema.listType === 'atomic' ? config : mergeItems(schema, live, config, untyped);
    case 'any':
      return untyped === 'deduced' && isPlain(live) && isPlain(config)
        ? mergeFields(schema, live, config, untyped)
        : config;
    default:
      return config;
  }
}

function mergeFields(schema: Schema, live: unknown, config: unknown, untyped: Untyped): unknown {
  const left: Plain = isPlain(live) ? live : {};
  const right: Plain = isPlain(config) ? config : {};
  if (isEmptyObject(left)) return config === null && live !== null ? live : config;
  const declared = schema.type === 'object' ? fieldElements(schema) : undefined;
  const item = schema.type === 'map' ? schema.value : DEDUCED;
  const out: Plain = { ...left };
  for (const key in right) {
    const field = declared?.get(key);
    const kind = declared && !field ? 'deduced' : untyped;
    put(out, key, mergeApplied(field ? field.schema : item, own(left, key), right[key], kind));
  }
  return out;
}

/**
 * Items of both, in an order that keeps that of the configuration among its own items and that of the live list among
 * the others, each of which stays as near as can be to the item that it stood before.
 */
function mergeItems(list: ListSchema, live: unknown, config: unknown, untyped: Untyped): unknown {
  const left: unknown[] = Array.isArray(live) ? live : [];
  const right: unknown[] = Array.isArray(config) ? config : [];
  if (left.length === 0) return config;
  if (right.length === 0) return live;
  const leftElements = itemElements(list, left);
  const rightElements = itemElements(list, right);
  if (!leftElements || !rightElements) return config;
  const before = byElement(leftElements, left);
  const wanted = new Set(rightElements);
  const shared = rightElements.filter((element) => before.has(element));
  const placed = new Set<string>();
  const out: unknown[] = [];
  let next = 0;
  const place = (j: number): void => {
    const element = rightElements[j]!;
    placed.add(element);
    const previous = before.get(element);
    // a live item that occurs twice has no one state to merge into
    out.push(mergeApplied(list.item, previous?.length === 1 ? previous[0] : undefined, right[j], untyped));
    if (shared[next] === element) next++;
  };
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    const element = leftElements[i];
    if (element !== undefined && j < right.length) {
      if (element === rightElements[j]) {
        place(j++);
        i++;
        continue;
      }
      if (wanted.has(element) && next < shared.length && shared[next] !== element) {
        i++; // shared, but its turn comes later or is over
        continue;
      }
    }
    if (element !== undefined && !wanted.has(element)) {
      out.push(left[i++]);
      continue;
    }
    if (element !== undefined && placed.has(element)) i++;
    if (j < right.length) place(j++);
  }
  return out;
}
