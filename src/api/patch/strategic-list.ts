import { canonicalJson } from '../../meta/canonical-json.ts';
import type { Steps } from '../../meta/steps.ts';
import type { Effort } from './effort.ts';
import { isPlain, own, type Plain } from './plain.ts';
import type { StatusError } from '../../meta/status.ts';
import { printValue } from '../../go/print-value.ts';
import { failed, unknownDirective, rejected, typeShown } from './errors.ts';

export interface ListRule {
  /** '' for lists of scalars */
  mergeKey: string;
  /** merges a patch item into the item with the same key */
  merge(original: Plain, patch: Plain): Steps<Plain>;
}

export interface MergedList {
  list: unknown[];
  /** the order of the original list by which a `$setElementOrder` places other items */
  server: unknown[];
}

/** Merges a patch list into a list of strategy `merge`. `deletes`: the scalars of the patch are taken out instead. */
export function* mergeList(
  rule: ListRule,
  original: readonly unknown[],
  patch: readonly unknown[],
  deletes: boolean,
  effort: Effort,
): Steps<MergedList> {
  const server = [...original];
  const all = [...original, ...patch];
  effort.spend(all.length);
  if (all.length === 0) return { list: [], server };
  if (Array.isArray(all[0])) throw rejected();
  const type = typeShown(all[0]);
  if (all.some((item) => typeShown(item) !== type))
    throw failed(`list element types are not identical: ${printValue([original, patch])}`);
  if (isPlain(all[0]))
    return { list: yield* mergeMaps(rule, original as Plain[], patch as Plain[], server, effort), server };
  if (deletes) {
    const gone = new Set(patch);
    return { list: original.filter((item) => !gone.has(item)), server };
  }
  return { list: orderList('', [...new Set(all)], patch, original), server };
}

function* mergeMaps(
  rule: ListRule,
  original: readonly Plain[],
  patch: readonly Plain[],
  server: unknown[],
  effort: Effort,
): Steps<unknown[]> {
  const { mergeKey } = rule;
  if (mergeKey === '') throw failed('cannot merge lists without merge key');
  const changes: Plain[] = [];
  const deleted = new Set<string>();
  let replace = false;
  for (const item of patch) {
    const directive = own(item, '$patch');
    if (directive === undefined) changes.push(item);
    else if (directive === 'delete') deleted.add(identityOf(requireKey(item, mergeKey)));
    else if (directive === 'replace') replace = true;
    else if (directive === 'merge') throw failed('merging lists cannot yet be specified in the patch');
    else throw unknownDirective(directive, item);
  }
  const before = withoutDeleted(original, mergeKey, deleted, server);
  if (replace) {
    for (const item of changes) requireKey(item, mergeKey);
    return changes;
  }
  const items: unknown[] = [...before];
  const places = new Places(mergeKey, items);
  for (const item of changes) {
    const key = identityOf(requireKey(item, mergeKey));
    const at = places.first(key);
    if (at !== undefined) {
      items[at] = yield* rule.merge(items[at] as Plain, item);
      places.changed(at, key);
    } else {
      places.added(items.push(item) - 1);
      // a new item is taken as it is; in kube-apiserver it comes into the place of a deleted one in the server's list too
      if (items.length <= server.length) server[items.length - 1] = item;
    }
    effort.spend(1);
    if (effort.isPause()) yield;
  }
  for (const item of items) requireKey(item, mergeKey);
  return orderList(mergeKey, items, changes, before);
}

/**
 * The items whose key is not among those of the deleted ones. As in kube-apiserver, each deletion moves what comes after
 * it in the server's list too, and leaves what was last where it was.
 */
function withoutDeleted(
  items: readonly Plain[],
  mergeKey: string,
  deleted: ReadonlySet<string>,
  server: unknown[],
): readonly unknown[] {
  if (deleted.size === 0) return items;
  const places = new Places(mergeKey, items);
  const gone = new Set<number>();
  let last = items.length - 1;
  for (const key of deleted)
    for (const at of places.of(key)) {
      while (gone.has(last)) last--;
      server[items.length - gone.size - 1] = items[last];
      gone.add(at);
    }
  const left = items.filter((_, i) => !gone.has(i));
  left.forEach((item, i) => (server[i] = item));
  return left;
}

/** Where in a list the items of each key are. */
class Places {
  private readonly byKey = new Map<string, number[]>();
  constructor(
    private readonly mergeKey: string,
    private readonly items: readonly unknown[],
  ) {
    for (let i = 0; i < items.length; i++) this.added(i);
  }

  of(key: string): readonly number[] {
    return this.byKey.get(key) ?? [];
  }
  first(key: string): number | undefined {
    return this.of(key)[0];
  }

  added(at: number): void {
    const key = own(this.items[at] as Plain, this.mergeKey);
    if (key === undefined) return;
    const identity = identityOf(key);
    const places = this.byKey.get(identity);
    if (!places) return void this.byKey.set(identity, [at]);
    places.push(at);
    // one that has got another key may stand before others
    if (places.length > 1 && places.at(-2)! > at) places.sort((a, b) => a - b);
  }

  /** The item at the first place of a key is another one now: its key may be another too, or none. */
  changed(at: number, before: string): void {
    const key = own(this.items[at] as Plain, this.mergeKey);
    if (key !== undefined && identityOf(key) === before) return;
    this.byKey.get(before)?.shift();
    this.added(at);
  }
}

/** Equal values have equal texts, and no others. */
export const identityOf = (value: unknown): string => (value === undefined ? '' : canonicalJson(value));

export const badItem = (item: unknown): StatusError =>
  failed(`expected a map[string]interface {}, but received a ${typeShown(item)}`);

/** The merge key of an item, which must have one. */
export function requireKey(item: unknown, mergeKey: string): unknown {
  if (!isPlain(item)) throw badItem(item);
  const key = own(item, mergeKey);
  if (key === undefined) throw failed(`map: ${printValue(item)} does not contain declared merge key: ${mergeKey}`);
  return key;
}

interface Ranked {
  item: unknown;
  /** place in the wanted order, and in that of the server; Infinity where it has none */
  wanted: number;
  previous: number;
}

/** Infinity is not less than itself. */
const compare = (a: number, b: number): number => (a === b ? 0 : a - b);

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
  const identity = (item: unknown): string => identityOf(mergeKey && isPlain(item) ? own(item, mergeKey) : item);
  const ranks = (list: readonly unknown[]): Map<string, number> => firstOf(list.map(identity));
  const wanted = ranks(order);
  const previous = ranks(server);
  const ranked = items.map((item): Ranked => {
    const key = identity(item);
    return { item, wanted: wanted.get(key) ?? Infinity, previous: previous.get(key) ?? Infinity };
  });
  const named = ranked.filter((one) => one.wanted !== Infinity).sort((a, b) => compare(a.wanted, b.wanted));
  const others = ranked.filter((one) => one.wanted === Infinity).sort((a, b) => compare(a.previous, b.previous));
  const out: unknown[] = [];
  let i = 0;
  for (const { item, previous: at } of named) {
    while (i < others.length && others[i]!.previous < at && at !== Infinity) out.push(others[i++]!.item);
    out.push(item);
  }
  return [...out, ...others.slice(i).map(({ item }) => item)];
}

/** Where each text comes first. */
export function firstOf(texts: readonly string[]): Map<string, number> {
  const first = new Map<string, number>();
  for (const [i, text] of texts.entries()) if (!first.has(text)) first.set(text, i);
  return first;
}
