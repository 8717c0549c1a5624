import type { Schema } from '../../kinds/schema.ts';
import { badRequest, type StatusError } from '../../meta/status.ts';
import { sameJson } from './equal.ts';
import { badItem, mergeList, orderList, requireKey, type ListRule } from './strategic-list.ts';
import { isPlain, own, put, type Plain } from './plain.ts';
import { unmarshalError } from '../../go/json-unmarshal.ts';
import { printValue } from '../../go/print-value.ts';
import { failed, unknownDirective, typeShown } from './errors.ts';

const PATCH = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_FROM = '$deleteFromPrimitiveList';
const SET_ORDER = '$setElementOrder';

/**
 * Strategic merge patch: as a merge patch, but lists whose schema says so are merged by their key, and directives
 * delete, replace, reorder. Returns a new object that shares what did not change.
 * Throws 400 for a directive of the wrong form, 422 for lists of lists, 500 where an item lacks its merge key.
 * Source: https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/ and
 * the community's strategic-merge-patch.md.
 */
export function applyStrategicMergePatch<T>(schema: Schema, object: T, patch: unknown): T {
  if (patch === null) return object;
  if (!isPlain(patch)) {
    throw badRequest(`error decoding patch: ${unmarshalError(patch, 'map[string]interface {}')}`);
  }
  return mergeMap(schema, isPlain(object) ? object : {}, patch) as T;
}

interface Below {
  schema: Schema;
  strategy: string;
  mergeKey: string;
}

const ANY: Schema = { type: 'any' };

function below(schema: Schema, key: string): Below {
  if (schema.type === 'map') return { schema: schema.value, strategy: '', mergeKey: '' };
  const field = schema.type === 'object' ? schema.fields.get(key) : undefined;
  if (!field) return { schema: ANY, strategy: '', mergeKey: '' };
  const strategy = field.patchStrategy?.find((s) => s !== 'retainKeys') ?? '';
  return { schema: field.schema, strategy, mergeKey: field.patchMergeKey ?? '' };
}

function mergeMap(schema: Schema, original: Plain, patch: Plain): Plain {
  const directive = own(patch, PATCH);
  if (directive !== undefined) {
    if (directive === 'replace') {
      const { [PATCH]: _, ...rest } = patch;
      return rest;
    }
    if (directive === 'delete') return {};
    throw unknownDirective(directive, patch);
  }
  const out = retained(original, patch);
  const done = applyOrders(schema, out, patch);
  for (const name in patch) {
    if (name === RETAIN_KEYS || name.startsWith(SET_ORDER) || done.has(name)) continue;
    const deletes = name.startsWith(DELETE_FROM);
    const key = deletes ? listOf(name, DELETE_FROM, 'primitive list') : name;
    const value = patch[name];
    if (value === null) delete out[key];
    else mergeKey(schema, out, key, value, deletes);
  }
  return out;
}

function mergeKey(schema: Schema, out: Plain, key: string, value: unknown, deletes: boolean): void {
  const current = own(out, key);
  const sameKind =
    current !== undefined &&
    current !== null &&
    Array.isArray(current) === Array.isArray(value) &&
    typeof current === typeof value;
  if (!sameKind) {
    const kept = deletes ? undefined : withoutDirectives(value);
    if (kept !== undefined) put(out, key, kept);
    else if (!deletes) delete out[key];
    return;
  }
  if (Array.isArray(current)) {
    put(out, key, mergeLists(below(schema, key), current, value as unknown[], deletes));
  } else if (isPlain(current)) {
    const { schema: inner, strategy } = below(schema, key);
    put(out, key, strategy === 'replace' ? value : mergeMap(inner, current, value as Plain));
  } else put(out, key, value);
}

function ruleOf({ schema, mergeKey: key }: Below): ListRule {
  const item = schema.type === 'list' ? schema.item : ANY;
  return { mergeKey: key, merge: (original, patch) => mergeMap(item, original, patch) };
}

function mergeLists(
  rule: Below,
  original: unknown[],
  patch: unknown[],
  deletes: boolean,
  server?: unknown[],
): unknown[] {
  if (rule.strategy !== 'merge' && !deletes) return patch;
  return mergeList(ruleOf(rule), original, patch, deletes, server);
}

/** A copy of the original, without what `$retainKeys` does not list. */
function retained(original: Plain, patch: Plain): Plain {
  const keys = own(patch, RETAIN_KEYS);
  if (keys === undefined) return { ...original };
  if (!Array.isArray(keys)) throw badRequest('invalid patch format of retainKeys');
  const kept = new Set<unknown>(keys);
  for (const key in patch) {
    if (key === RETAIN_KEYS || patch[key] === null || key.startsWith(DELETE_FROM) || key.startsWith(SET_ORDER))
      continue;
    if (!kept.has(key)) throw badRequest('invalid patch format of retainKeys');
  }
  const out: Plain = {};
  for (const key in original) if (kept.has(key)) put(out, key, original[key]);
  return out;
}

/** Merges each list that has a `$setElementOrder`, and brings it into that order. Returns the keys that are done. */
function applyOrders(schema: Schema, out: Plain, patch: Plain): Set<string> {
  const done = new Set<string>();
  for (const name in patch) {
    if (!name.startsWith(SET_ORDER)) continue;
    const order = patch[name];
    if (!Array.isArray(order)) throw badList(order);
    const key = listOf(name, SET_ORDER, 'setElementOrder list');
    const current = own(out, key);
    const change = own(patch, key);
    if (change === null) continue;
    if (current !== undefined && current !== null && !Array.isArray(current)) throw badList(current);
    if (change !== undefined && !Array.isArray(change)) throw badList(change);
    mustBeList(schema, key);
    const list = (current ?? undefined) as unknown[] | undefined;
    if (!list && !change) continue;
    const rule = below(schema, key);
    if (change) checkOrder(change, order, rule.mergeKey);
    if (!list?.length && !change?.length) throw failed('no elements in any of the given slices');
    const server: unknown[] = [];
    const merged = !change
      ? list!
      : !list
        ? (withoutDirectives(change) as unknown[])
        : mergeLists(rule, list, change, false, server);
    if (rule.mergeKey) checkKeys(merged, order, rule.mergeKey);
    put(out, key, orderList(rule.mergeKey, merged, order, server.length ? server : (list ?? [])));
    done.add(key);
  }
  return done;
}

/** The field that a directive is for: `$setElementOrder/FIELD`. Throws 400 */
function listOf(name: string, directive: string, list: string): string {
  if (name[directive.length] !== '/') throw badRequest(`invalid patch format of ${list}`);
  return name.slice(directive.length + 1);
}

/** Source: LookupPatchMetadataForSlice of strategicpatch's meta.go, which names the kind of what the field is in. */
function mustBeList(schema: Schema, key: string): void {
  if (schema.type !== 'object') return;
  const field = schema.fields.get(key);
  const struct = schema.name.slice(schema.name.lastIndexOf('.') + 1);
  if (!field) throw failed(`unable to find api field in struct ${struct} for the json field ${JSON.stringify(key)}`);
  if (field.schema.type !== 'list') throw failed('expected slice or array type, but got: struct');
}

const badList = (value: unknown): StatusError =>
  failed(`expected a []interface {}, but received a ${typeShown(value)}`);

/** The items of a list, and those of the order that they are looked for in up to where they are found, have their key. */
function checkKeys(items: readonly unknown[], order: readonly unknown[], mergeKey: string): void {
  for (const item of items) {
    const key = requireKey(item, mergeKey);
    for (const [i, named] of order.entries()) {
      if (!isPlain(named)) throw failed(`value for key ${i} is not a map`);
      if (sameJson(own(named, mergeKey), key)) break;
    }
  }
  for (const named of order) requireKey(named, mergeKey);
}

/** What a patch changes must be in its own order list, and in that order. */
function checkOrder(patch: readonly unknown[], order: readonly unknown[], mergeKey: string): void {
  if (patch.length === 0 || order.length === 0) return;
  const isMarked = (item: unknown): boolean => isPlain(item) && own(item, PATCH) !== undefined;
  if (mergeKey) for (const item of patch) if (!isPlain(item)) throw badItem(item);
  const items = mergeKey ? patch.filter((item) => (item as Plain)[PATCH] !== 'delete') : patch;
  const identity = (item: unknown): unknown => (mergeKey ? requireKey(item, mergeKey) : item);
  let i = 0;
  let j = 0;
  while (i < items.length && j < order.length) {
    if (isMarked(items[i])) i++;
    else if (sameJson(identity(items[i]), identity(order[j++]))) i++;
  }
  if (i === items.length) return;
  throw failed(
    `The order in patch list:\n${printValue(patch)}\n doesn't match $setElementOrder list:\n${printValue(order)}\n`,
  );
}

/**
 * A value that comes in where there was none: its nulls mean nothing, and what has a `$patch` is no value at all,
 * but was meant for one that is not there (undefined).
 */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isPlain(value)) return value;
  return value[PATCH] === undefined ? clean(value) : undefined;
}

/** Without the nulls of its own and of what is below, and without what has a `$patch`. Other directives stay. */
function clean(map: Plain): Plain {
  const out: Plain = {};
  for (const key in map) {
    const value = map[key];
    const kept = value === null ? undefined : withoutDirectives(value);
    if (kept !== undefined) put(out, key, kept);
  }
  return out;
}
