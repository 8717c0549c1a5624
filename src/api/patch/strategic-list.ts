import { stringifyExact } from '../../go/json-numbers.ts';
import { sameJson } from './equal.ts';
import { isPlain, own, type Plain } from './plain.ts';
import type { StatusError } from '../../meta/status.ts';
import { printValue } from '../../go/print-value.ts';
import { failed, unknownDirective, rejected, typeShown } from './errors.ts';

export interface ListRule {
  /** '' for lists of scalars */
  mergeKey: string;
  /** merges a patch item into the item with the same key */
  merge(original: Plain, patch: Plain): Plain;
}

/**
 * Merges a patch list into a list of strategy `merge`. `deletes`: the scalars of the patch are taken out instead.
 * @param server receives the order of the original list by which a `$setElementOrder` places other items
 */
export function mergeList(
  rule: ListRule,
  original: readonly unknown[],
  patch: readonly unknown[],
  deletes: boolean,
  server: unknown[] = [],
): unknown[] {
  server.push(...original);
  const all = [...original, ...patch];
  if (all.length === 0) return [];
  if (Array.isArray(all[0])) throw rejected();
  const type = typeShown(all[0]);
  if (all.some((item) => typeShown(item) !== type))
    throw failed(`list element types are not identical: ${printValue([original, patch])}`);
  if (isPlain(all[0])) return mergeMaps(rule, original as Plain[], patch as Plain[], server);
  if (deletes) return original.filter((item) => !patch.includes(item));
  return orderList('', [...new Set(all)], patch, original);
}

function mergeMaps(rule: ListRule, original: readonly Plain[], patch: readonly Plain[], server: unknown[]): unknown[] {
  const { mergeKey } = rule;
  if (mergeKey === '') throw failed('cannot merge lists without merge key');
  let items: unknown[] = [...original];
  const changes: Plain[] = [];
  let replace = false;
  for (const item of patch) {
    const directive = own(item, '$patch');
    if (directive === undefined) changes.push(item);
    else if (directive === 'delete') {
      const key = requireKey(item, mergeKey);
      for (let at = find(items, mergeKey, key); at >= 0; at = find(items, mergeKey, key)) {
        items.splice(at, 1);
        server.copyWithin(at, at + 1, items.length + 1);
      }
    } else if (directive === 'replace') replace = true;
    else if (directive === 'merge') throw failed('merging lists cannot yet be specified in the patch');
    else throw unknownDirective(directive, item);
  }
  if (replace) {
    for (const item of changes) requireKey(item, mergeKey);
    return changes;
  }
  const before = items;
  items = [...items];
  for (const item of changes) {
    const key = requireKey(item, mergeKey);
    const at = find(items, mergeKey, key);
    // a new item is taken as it is; in kube-apiserver it comes into the place of a deleted one in the server's list too
    if (at < 0 && items.push(item) <= server.length) server[items.length - 1] = item;
    else if (at < 0) server = [];
    else items[at] = rule.merge(items[at] as Plain, item);
  }
  for (const item of items) requireKey(item, mergeKey);
  return orderList(mergeKey, items, changes, before);
}

const find = (items: readonly unknown[], mergeKey: string, key: unknown): number =>
  items.findIndex((item) => sameJson(own(item as Plain, mergeKey), key));

export const badItem = (item: unknown): StatusError =>
  failed(`expected a map[string]interface {}, but received a ${typeShown(item)}`);

/** The merge key of an item, which must have one. */
export function requireKey(item: unknown, mergeKey: string): unknown {
  if (!isPlain(item)) throw badItem(item);
  const key = own(item, mergeKey);
  if (key === undefined) throw failed(`map: ${printValue(item)} does not contain declared merge key: ${mergeKey}`);
  return key;
}

/**
 * Items that `order` names come in its order; the others keep the one they had in `server`, and stand before those
 * named items that they stood before there.
 */
export function orderList(
  mergeKey: string,
  items: readonly unknown[],
  order: readonly unknown[],
  server: readonly unknown[],
): unknown[] {
  const identity = (item: unknown): string =>
    stringifyExact(mergeKey && isPlain(item) ? own(item, mergeKey) : item) ?? '';
  const ranks = (list: readonly unknown[]): Map<string, number> =>
    new Map([...list].map((item, i) => [identity(item), i] as const).reverse());
  const wanted = ranks(order);
  const previous = ranks(server);
  const rank = (ranked: Map<string, number>, item: unknown): number => ranked.get(identity(item)) ?? Infinity;
  const by =
    (ranked: Map<string, number>) =>
    (a: unknown, b: unknown): number => {
      const [x, y] = [rank(ranked, a), rank(ranked, b)];
      return x === y ? 0 : x - y;
    };
  const named = items.filter((item) => wanted.has(identity(item))).sort(by(wanted));
  const others = items.filter((item) => !wanted.has(identity(item))).sort(by(previous));
  const out: unknown[] = [];
  let i = 0;
  let j = 0;
  while (i < others.length && j < named.length) {
    const [left, right] = [rank(previous, others[i]), rank(previous, named[j])];
    if (left < right && right !== Infinity) out.push(others[i++]);
    else out.push(named[j++]);
  }
  return [...out, ...others.slice(i), ...named.slice(j)];
}
