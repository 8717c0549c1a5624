import type { ObjectLike } from '../meta/object.ts';
import type { Informer } from './contract.ts';

type Listener<T> = (object: T | undefined, old: T | undefined) => void;
interface Follower<T> {
  listener: Listener<T>;
  over: boolean;
}
interface Index<T> {
  values(object: T): readonly string[];
  byValue: Map<string, Map<string, T>>;
}

/** What an informer knows: the objects of one resource by namespace and name, with indexes and listeners. */
export class InformerCache<T extends ObjectLike> implements Informer<T> {
  private readonly byNamespace = new Map<string, Map<string, T>>();
  private readonly indexes = new Map<string, Index<T>>();
  /** made anew by who comes and who goes, so that one who comes while others are told is told once */
  private followers: readonly Follower<T>[] = [];
  private readonly waiting: (() => void)[] = [];
  synced = false;

  /** @param onError hears of listeners that threw; the others are still told */
  constructor(
    readonly resource: string,
    private readonly onError: (error: unknown) => void,
  ) {}

  whenSynced(): Promise<void> {
    return this.synced ? Promise.resolve() : new Promise((resolve) => this.waiting.push(resolve));
  }

  get(namespace: string, name: string): T | undefined {
    return this.byNamespace.get(namespace)?.get(name);
  }

  list(namespace?: string): T[] {
    if (namespace !== undefined) return [...(this.byNamespace.get(namespace)?.values() ?? [])];
    const all: T[] = [];
    for (const objects of this.byNamespace.values()) for (const object of objects.values()) all.push(object);
    return all;
  }

  index(name: string, value: string): T[] {
    const index = this.indexes.get(name);
    if (!index) throw new Error(`informer of ${this.resource} has no index ${name}`);
    return [...(index.byValue.get(value)?.values() ?? [])];
  }

  /** An index that comes after the first objects is filled from them. Adding one of the same name again changes nothing. */
  addIndex(name: string, values: (object: T) => readonly string[]): void {
    if (this.indexes.has(name)) return;
    const index: Index<T> = { values, byValue: new Map() };
    this.indexes.set(name, index);
    for (const object of this.list()) enter(index, object);
  }

  follow(listener: Listener<T>): () => void {
    const follower = { listener, over: false };
    this.followers = [...this.followers, follower];
    for (const object of this.list()) this.tellOne(follower, object, undefined);
    return () => {
      follower.over = true;
      this.followers = this.followers.filter((each) => each !== follower);
    };
  }

  /** The whole state as a list gave it: what is new, changed or gone since is told as if it had been watched. */
  replace(items: readonly T[]): void {
    const seen = new Set<string>();
    for (const item of items) seen.add(keyOf(item));
    for (const old of this.list()) if (!seen.has(keyOf(old))) this.remove(old);
    for (const item of items) this.put(item);
    this.synced = true;
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  apply(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): void {
    if (type === 'DELETED') this.remove(object);
    else this.put(object);
  }

  private put(object: T): void {
    const { namespace = '', name, resourceVersion, uid } = object.metadata;
    let objects = this.byNamespace.get(namespace);
    if (!objects) this.byNamespace.set(namespace, (objects = new Map()));
    const old = objects.get(name);
    if (old && old.metadata.resourceVersion === resourceVersion) return;
    // Deleted and made again while nobody watched: two objects, and listeners must hear of both.
    if (old && old.metadata.uid !== uid) {
      this.remove(old);
      return this.put(object);
    }
    objects.set(name, object);
    for (const index of this.indexes.values()) {
      if (old) leave(index, old);
      enter(index, object);
    }
    this.tell(object, old);
  }

  private remove(object: T): void {
    const { namespace = '', name } = object.metadata;
    const objects = this.byNamespace.get(namespace);
    const old = objects?.get(name);
    if (!objects || !old) return;
    objects.delete(name);
    if (objects.size === 0) this.byNamespace.delete(namespace);
    for (const index of this.indexes.values()) leave(index, old);
    this.tell(undefined, old === object ? old : object.metadata.uid === old.metadata.uid ? object : old);
  }

  private tell(object: T | undefined, old: T | undefined): void {
    for (const follower of this.followers) this.tellOne(follower, object, old);
  }

  private tellOne({ listener, over }: Follower<T>, object: T | undefined, old: T | undefined): void {
    if (over) return;
    try {
      listener(object, old);
    } catch (error) {
      this.onError(error);
    }
  }
}

const keyOf = (object: ObjectLike): string => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;

function enter<T extends ObjectLike>(index: Index<T>, object: T): void {
  const key = keyOf(object);
  for (const value of index.values(object)) {
    const at = index.byValue.get(value);
    if (at) at.set(key, object);
    else index.byValue.set(value, new Map([[key, object]]));
  }
}

function leave<T extends ObjectLike>(index: Index<T>, object: T): void {
  const key = keyOf(object);
  for (const value of index.values(object)) {
    const at = index.byValue.get(value);
    at?.delete(key);
    if (at?.size === 0) index.byValue.delete(value);
  }
}
