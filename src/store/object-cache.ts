import type { Having, Key, Scope, Unreadable } from './contract.ts';
import type { Item } from './item.ts';
import { NamespaceCache } from './namespace-cache.ts';
import { UnreadableItem } from './sealed-item.ts';
import { SelectorIndexes } from './selector-index.ts';

interface Resource {
  namespaces: Map<string, NamespaceCache>;
  size: number;
  /** all namespaces, in order; undefined after a change */
  snapshot: readonly Item[] | undefined;
  indexes: SelectorIndexes;
}

const NONE: readonly Item[] = [];

/** Everything that exists, of all resources, with its indexes. Lists are arrays that never change once given out. */
export class ObjectCache {
  readonly #resources = new Map<string, Resource>();
  readonly #uids = new Map<string, Item>();
  readonly #unreadable = new Set<UnreadableItem>();
  readonly #owned = new Map<string, Map<string, Item>>();

  get(key: Key): Item | undefined {
    return this.#resources.get(key.resource)?.namespaces.get(key.namespace)?.get(key.name);
  }

  /** `item` undefined: deleted. Returns what was there. */
  set(key: Key, item: Item | undefined): Item | undefined {
    let resource = this.#resources.get(key.resource);
    if (!resource)
      this.#resources.set(
        key.resource,
        (resource = { namespaces: new Map(), size: 0, snapshot: NONE, indexes: new SelectorIndexes() }),
      );
    let namespace = resource.namespaces.get(key.namespace);
    if (!namespace) resource.namespaces.set(key.namespace, (namespace = new NamespaceCache()));
    const before = namespace.size;
    const previous = namespace.set(key.name, item);
    resource.size += namespace.size - before;
    resource.snapshot = undefined;
    if (!namespace.size) resource.namespaces.delete(key.namespace);
    resource.indexes.changed(previous, item);
    if (previous) this.#unindex(previous, item);
    if (item) this.#index(item);
    if (previous instanceof UnreadableItem) this.#unreadable.delete(previous);
    if (item instanceof UnreadableItem) this.#unreadable.add(item);
    return previous;
  }

  list(scope: Scope, having?: Having): readonly Item[] {
    const resource = this.#resources.get(scope.resource);
    if (!resource) return NONE;
    if (having && scope.name === undefined) {
      const found = resource.indexes.select(having, scope.namespace, resource.size, () => itemsOf(resource));
      if (found) return found;
    }
    if (scope.namespace === undefined) {
      const all = (resource.snapshot ??= concatenate(resource.namespaces));
      return scope.name === undefined ? all : all.filter(({ name }) => name === scope.name);
    }
    const namespace = resource.namespaces.get(scope.namespace);
    if (!namespace || scope.name === undefined) return namespace?.list() ?? NONE;
    const item = namespace.get(scope.name);
    return item ? [item] : NONE;
  }

  count(scope: Scope): number {
    const resource = this.#resources.get(scope.resource);
    if (!resource) return 0;
    if (scope.name !== undefined) return this.list(scope).length;
    return scope.namespace === undefined ? resource.size : (resource.namespaces.get(scope.namespace)?.size ?? 0);
  }

  get hasUnreadable(): boolean {
    return this.#unreadable.size > 0;
  }
  /** Why a list of the scope would fail, if it would. */
  unreadable({ resource, namespace, name }: Scope): Unreadable | undefined {
    for (const item of this.#unreadable) {
      if (item.resource !== resource) continue;
      if (namespace !== undefined && item.namespace !== namespace) continue;
      if (name === undefined || item.name === name) return item.failure;
    }
    return undefined;
  }

  byUid(uid: string): Item | undefined {
    return this.#uids.get(uid);
  }

  owned(uid: string): readonly Item[] {
    const items = this.#owned.get(uid);
    return items ? [...items.values()] : NONE;
  }

  resources(): readonly string[] {
    return [...this.#resources].filter(([, { size }]) => size > 0).map(([key]) => key);
  }

  #index(item: Item): void {
    this.#uids.set(item.uid, item);
    for (const owner of item.owners ?? []) {
      let items = this.#owned.get(owner);
      if (!items) this.#owned.set(owner, (items = new Map()));
      items.set(item.uid, item);
    }
  }

  #unindex(previous: Item, next: Item | undefined): void {
    if (previous.uid !== next?.uid && this.#uids.get(previous.uid) === previous) this.#uids.delete(previous.uid);
    for (const owner of previous.owners ?? []) {
      if (previous.uid === next?.uid && next.owners?.includes(owner)) continue;
      const items = this.#owned.get(owner);
      items?.delete(previous.uid);
      if (items && !items.size) this.#owned.delete(owner);
    }
  }
}

function* itemsOf({ namespaces }: Resource): Generator<Item> {
  for (const namespace of namespaces.values()) yield* namespace.items();
}

function concatenate(namespaces: Map<string, NamespaceCache>): readonly Item[] {
  if (namespaces.size === 1) for (const only of namespaces.values()) return only.list();
  const names = [...namespaces.keys()].sort();
  return ([] as Item[]).concat(...names.map((name) => namespaces.get(name)!.list()));
}
