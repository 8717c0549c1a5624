import type { Schema } from '../../kinds/schema.ts';
import { badRequest, type StatusError } from '../../meta/status.ts';
import type { Steps } from '../../meta/steps.ts';
import { Effort } from './effort.ts';
import { sameJson } from './equal.ts';
import {
  badItem,
  firstOf,
  identityOf,
  mergeList,
  orderList,
  requireKey,
  type ListRule,
  type MergedList,
} from './strategic-list.ts';
import { isPlain, own, put, type Plain } from './plain.ts';
import { unmarshalError } from '../../go/json-unmarshal.ts';
import { printValue } from '../../go/print-value.ts';
import { failed, unknownDirective, typeShown } from './errors.ts';

const PATCH = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_FROM = '$deleteFromPrimitiveList';
const SET_ORDER = '$setElementOrder';

/**
 * Strategic merge patch, in steps: as a merge patch, but lists whose schema says so are merged by their key, and directives
 * delete, replace, reorder. Returns a new object that shares what did not change.
 * Throws 400 for a directive of the wrong form, 413 where it takes too many steps, 422 for lists of lists, 500 where an
 * item lacks its merge key.
 * Source: https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/ and
 * the community's strategic-merge-patch.md.
 */
export function* strategicMergeSteps<T>(schema: Schema, object: T, patch: unknown): Steps<T> {
  if (patch === null) return object;
  if (!isPlain(patch)) {
    throw badRequest(`error decoding patch: ${unmarshalError(patch, 'map[string]interface {}')}`);
  }
  return (yield* mergeMap(
    { schema, effort: new Effort('strategic merge patch') },
    isPlain(object) ? object : {},
    patch,
  )) as T;
}

/** What a merge knows of where it is. */
interface Place {
  schema: Schema;
  effort: Effort;
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

function* mergeMap(place: Place, original: Plain, patch: Plain): Steps<Plain> {
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
  place.effort.spend(Object.keys(out).length);
  const done = yield* applyOrders(place, out, patch);
  for (const name in patch) {
    if (name === RETAIN_KEYS || name.startsWith(SET_ORDER) || done.has(name)) continue;
    const deletes = name.startsWith(DELETE_FROM);
    const key = deletes ? listOf(name, DELETE_FROM, 'primitive list') : name;
    const value = patch[name];
    if (value === null) delete out[key];
    else yield* mergeKey(place, out, key, value, deletes);
    place.effort.spend(1);
    if (place.effort.isPause()) yield;
  }
  return out;
}

function* mergeKey(place: Place, out: Plain, key: string, value: unknown, deletes: boolean): Steps<void> {
  const { schema, effort } = place;
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
    put(out, key, (yield* mergeLists(below(schema, key), current, value as unknown[], deletes, effort)).list);
  } else if (isPlain(current)) {
    const { schema: inner, strategy } = below(schema, key);
    put(out, key, strategy === 'replace' ? value : yield* mergeMap({ schema: inner, effort }, current, value as Plain));
  } else put(out, key, value);
}

function* mergeLists(
  { schema, strategy, mergeKey }: Below,
  original: unknown[],
  patch: unknown[],
  deletes: boolean,
  effort: Effort,
): Steps<MergedList> {
  if (strategy !== 'merge' && !deletes) return { list: patch, server: [] };
  const item = { schema: schema.type === 'list' ? schema.item : ANY, effort };
  const rule: ListRule = { mergeKey, merge: (before, change) => mergeMap(item, before, change) };
  return yield* mergeList(rule, original, patch, deletes, effort);
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
function* applyOrders({ schema, effort }: Place, out: Plain, patch: Plain): Steps<Set<string>> {
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
    const merged: MergedList =
      list && change
        ? yield* mergeLists(rule, list, change, false, effort)
        : { list: list ?? (withoutDirectives(change) as unknown[]), server: [] };
    effort.spend(merged.list.length + order.length);
    if (rule.mergeKey) checkKeys(merged.list, order, rule.mergeKey);
    const server = merged.server.length ? merged.server : (list ?? []);
    put(out, key, orderList(rule.mergeKey, merged.list, order, server));
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
  const wrong = order.findIndex((named) => !isPlain(named));
  const known = wrong < 0 ? order : order.slice(0, wrong);
  const places = firstOf(known.map((named) => identityOf(own(named as Plain, mergeKey))));
  for (const item of items) {
    if (!places.has(identityOf(requireKey(item, mergeKey))) && wrong >= 0)
      throw failed(`value for key ${wrong} is not a map`);
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
