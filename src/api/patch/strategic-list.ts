import { sameJson } from './equal.ts';
import { isPlain, own, type Plain } from './plain.ts';
import { failed, rejected } from './rejected.ts';

export interface ListRule {
  /** '' for lists of scalars */
  mergeKey: string;
  /** merges a patch item into the item with the same key */
  merge(original: Plain, patch: Plain): Plain;
  /** an item that is new, without directives */
  clean(item: Plain): Plain;
}

/** Merges a patch list into a list of strategy `merge`. `deletes`: the scalars of the patch are taken out instead. */
export function mergeList(
  rule: ListRule,
  original: readonly unknown[],
  patch: readonly unknown[],
  deletes: boolean,
): unknown[] {
  if (original.length === 0 && patch.length === 0) return [];
  const all = [...original, ...patch];
  if (all.some(Array.isArray)) throw rejected();
  const maps = all.filter(isPlain).length;
  if (maps && maps < all.length) throw failed('list element types are not identical');
  if (!maps) {
    if (deletes) return original.filter((item) => !patch.includes(item));
    return orderList('', [...new Set(all)], patch, original);
  }
  return mergeMaps(rule, original as Plain[], patch as Plain[]);
}

function mergeMaps(rule: ListRule, original: readonly Plain[], patch: readonly Plain[]): unknown[] {
  const { mergeKey } = rule;
  if (mergeKey === '') throw failed('cannot merge lists without merge key');
  let items: unknown[] = [...original];
  const changes: Plain[] = [];
  let replace = false;
  for (const item of patch) {
    const directive = own(item, '$patch');
    if (directive === undefined) changes.push(item);
    else if (directive === 'delete') {
      const key = keyOf(item, mergeKey);
      items = items.filter((other) => !sameJson(own(other as Plain, mergeKey), key));
    } else if (directive === 'replace') replace = true;
    else if (directive === 'merge') throw failed('merging lists cannot yet be specified in the patch');
    else throw failed(`unknown patch type: ${String(directive as string)} in map: ${JSON.stringify(item)}`);
  }
  if (replace) return changes.map((item) => rule.clean(item));
  const before = items;
  items = [...items];
  for (const item of changes) {
    const key = keyOf(item, mergeKey);
    const at = items.findIndex((other) => sameJson(own(other as Plain, mergeKey), key));
    if (at < 0) items.push(rule.clean(item));
    else items[at] = rule.merge(items[at] as Plain, item);
  }
  return orderList(mergeKey, items, changes, before);
}

function keyOf(item: Plain, mergeKey: string): unknown {
  const key = own(item, mergeKey);
  if (key === undefined) {
    const shown = Object.keys(item)
      .sort()
      .map((name) => `${name}:${String(item[name] as string)}`)
      .join(' ');
    throw failed(`map: map[${shown}] does not contain declared merge key: ${mergeKey}`);
  }
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
    JSON.stringify(mergeKey && isPlain(item) ? own(item, mergeKey) : item) ?? '';
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
