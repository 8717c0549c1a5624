import type { Schema } from '../../kinds/schema.ts';
import { badRequest, type StatusError } from '../../meta/status.ts';
import { mergeList, orderList, type ListRule } from './strategic-list.ts';
import { isPlain, own, put, type Plain } from './plain.ts';
import { failed, jsonType } from './rejected.ts';

const PATCH = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_FROM = '$deleteFromPrimitiveList/';
const SET_ORDER = '$setElementOrder/';

/**
 * Strategic merge patch: as a merge patch, but lists whose schema says so are merged by their key, and directives
 * delete, replace, reorder. Returns a new object that shares what did not change.
 * Throws 400 for a directive of the wrong form, 422 for lists of lists, 500 where an item lacks its merge key.
 * Source: https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/ and
 * the community's strategic-merge-patch.md.
 */
export function applyStrategicMergePatch<T>(schema: Schema, object: T, patch: unknown): T {
  if (!isPlain(patch)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${jsonType(patch)} into Go value of type map[string]interface {}`,
    );
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

export function mergeMap(schema: Schema, original: Plain, patch: Plain): Plain {
  const directive = own(patch, PATCH);
  if (directive !== undefined) {
    if (directive === 'replace') return clean(patch);
    if (directive === 'delete') return {};
    throw failed(`unknown patch type: ${String(directive as string)} in map: ${showMap(patch)}`);
  }
  const out = retained(original, patch);
  const done = applyOrders(schema, out, patch);
  for (const name in patch) {
    if (name === RETAIN_KEYS || name.startsWith(SET_ORDER) || done.has(name)) continue;
    const deletes = name.startsWith(DELETE_FROM);
    const key = deletes ? name.slice(DELETE_FROM.length) : name;
    const value = patch[name];
    if (deletes && (key === '' || !Array.isArray(value))) throw badRequest('invalid patch format of primitive list');
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
    put(out, key, strategy === 'replace' ? clean(value as Plain) : mergeMap(inner, current, value as Plain));
  } else put(out, key, value);
}

function ruleOf({ schema, mergeKey: key }: Below): ListRule {
  const item = schema.type === 'list' ? schema.item : ANY;
  return { mergeKey: key, merge: (original, patch) => mergeMap(item, original, patch), clean };
}

function mergeLists(rule: Below, original: unknown[], patch: unknown[], deletes: boolean): unknown[] {
  if (rule.strategy !== 'merge' && !deletes) return withoutDirectives(patch) as unknown[];
  return mergeList(ruleOf(rule), original, patch, deletes);
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
    const key = name.slice(SET_ORDER.length);
    const order = patch[name];
    if (key === '') throw badRequest('invalid patch format of setElementOrder list');
    if (!Array.isArray(order)) throw badList(order);
    const current = own(out, key);
    const change = own(patch, key);
    if (change === null) continue;
    if (current !== undefined && current !== null && !Array.isArray(current)) throw badList(current);
    if (change !== undefined && !Array.isArray(change)) throw badList(change);
    const list = (current ?? undefined) as unknown[] | undefined;
    if (!list && !change) continue;
    const rule = below(schema, key);
    if (change) checkOrder(change, order, rule.mergeKey);
    const merged = !change
      ? list!
      : !list
        ? (withoutDirectives(change) as unknown[])
        : mergeLists(rule, list, change, false);
    put(out, key, orderList(rule.mergeKey, merged, order, list ?? []));
    done.add(key);
  }
  return done;
}

const badList = (value: unknown): StatusError => failed(`expected a []interface {}, but received a ${goType(value)}`);

const goType = (value: unknown): string =>
  isPlain(value)
    ? 'map[string]interface {}'
    : typeof value === 'boolean'
      ? 'bool'
      : typeof value === 'number'
        ? 'int64'
        : typeof value;

/** What a patch changes must be in its own order list, and in that order. */
function checkOrder(patch: readonly unknown[], order: readonly unknown[], mergeKeyName: string): void {
  const identity = (item: unknown): unknown => (mergeKeyName && isPlain(item) ? own(item, mergeKeyName) : item);
  const wanted = order.map(identity);
  let at = 0;
  for (const item of patch) {
    if (isPlain(item) && item[PATCH] !== undefined) continue;
    const found = wanted.indexOf(identity(item), at);
    if (found < 0) {
      throw failed(
        `The order in patch list:\n${showList(patch)}\n doesn't match $setElementOrder list:\n${showList(order)}\n`,
      );
    }
    at = found + 1;
  }
}

/** Go's %v of maps and lists. */
export function showMap(map: Plain): string {
  const keys = Object.keys(map).sort();
  return `map[${keys.map((key) => `${key}:${show(map[key])}`).join(' ')}]`;
}
const showList = (list: readonly unknown[]): string => `[${list.map(show).join(' ')}]`;
const show = (value: unknown): string =>
  Array.isArray(value)
    ? showList(value)
    : isPlain(value)
      ? showMap(value)
      : value === null
        ? '<nil>'
        : String(value as string);

/**
 * A value that comes in where there was none: its nulls mean nothing, and what has a `$patch` is no value at all,
 * but was meant for one that is not there (undefined).
 */
export function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isPlain(value)) return value;
  return value[PATCH] === undefined ? clean(value) : undefined;
}

/** Without the nulls and directives of its own and of what is below. */
function clean(map: Plain): Plain {
  const out: Plain = {};
  for (const key in map) {
    const value = map[key];
    if (
      value === null ||
      key === PATCH ||
      key === RETAIN_KEYS ||
      key.startsWith(DELETE_FROM) ||
      key.startsWith(SET_ORDER)
    )
      continue;
    const kept = withoutDirectives(value);
    if (kept !== undefined) put(out, key, kept);
  }
  return out;
}
