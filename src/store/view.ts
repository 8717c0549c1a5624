import { TooLargeRevision, type Having, type Key, type ListSnapshot, type Scope, type View } from './contract.ts';
import type { Item } from './item.ts';
import { byPlace } from './by-place.ts';
import type { State } from './state.ts';

/** How the past is read that the state no longer remembers, and which of it is not to be read. */
export interface PastReads {
  /** Throws Compacted where the past of a scope is gone, or is not to be shown any more. */
  checkAge(scope: Scope, revision: number): void;
  listAt(scope: Scope, revision: number): Promise<ListSnapshot>;
}

type Former = ReadonlyMap<string, Item | undefined>;
const NONE: Former = new Map();
const placeOf = ({ namespace, name }: Key): string => `${namespace}/${name}`;

/**
 * The state at a revision: the present one with what came later undone. Each later event is looked at once, however many
 * reads follow, so that reads go through the indexes of the present and cost no more than it while little is written.
 * When the ring has lost an event before it was looked at, the log is read.
 */
export class StateView implements View {
  readonly revision: number;
  readonly #state: State;
  readonly #past: PastReads;
  /** what has been written since, by resource and place, as it was at the revision */
  readonly #former = new Map<string, Map<string, Item | undefined>>();
  /** the same by owner; made at the first question */
  #formerOwned: Map<string, Item[]> | undefined;
  /** up to where later events have been looked at */
  #seen: number;

  constructor(state: State, past: PastReads, revision: number) {
    if (revision > state.revision) throw new TooLargeRevision(revision, state.revision);
    this.revision = this.#seen = revision;
    this.#state = state;
    this.#past = past;
  }

  get(key: Key): Item | undefined | Promise<Item | undefined> {
    const { resource, namespace, name } = key;
    const former = this.#since({ resource, namespace, name });
    if (!former) return this.#read({ resource, namespace, name }).then(([item]) => item);
    const place = placeOf(key);
    return former.has(place) ? former.get(place) : this.#state.cache.get(key);
  }

  list(scope: Scope, having?: Having): readonly Item[] | Promise<readonly Item[]> {
    const former = this.#since(scope);
    if (!former) return this.#read(scope);
    const now = this.#state.cache.list(scope, having);
    if (!former.size) return now;
    const { namespace, name } = scope;
    const items = now.filter((item) => !former.has(placeOf(item)));
    for (const item of former.values())
      if (item && (namespace ?? item.namespace) === item.namespace && (name ?? item.name) === item.name)
        items.push(item);
    return items.sort(byPlace);
  }

  owned(ownerUid: string): readonly Item[] | undefined {
    if (!this.#follow()) return undefined;
    const now = this.#state.cache.owned(ownerUid);
    if (!this.#former.size) return now;
    const former = (this.#formerOwned ??= this.#indexOwners()).get(ownerUid) ?? [];
    for (const { resource, namespace, name } of former)
      this.#past.checkAge({ resource, namespace, name }, this.revision);
    return [...now.filter((item) => !this.#former.get(item.resource)?.has(placeOf(item))), ...former];
  }

  /** What of a scope's resource has been written since; undefined where that is not known any more. */
  #since(scope: Scope): Former | undefined {
    if (!this.#follow()) return undefined;
    const former = this.#former.get(scope.resource);
    if (former) this.#past.checkAge(scope, this.revision);
    return former ?? NONE;
  }

  async #read(scope: Scope): Promise<readonly Item[]> {
    return (await this.#past.listAt(scope, this.revision)).items as readonly Item[];
  }

  #follow(): boolean {
    const { revision, ringSince } = this.#state;
    if (this.#seen === revision) return true;
    if (this.#seen < ringSince) return false;
    for (const { type, stored, previous } of this.#state.allAfter(this.#seen)) {
      let former = this.#former.get(stored.resource);
      if (!former) this.#former.set(stored.resource, (former = new Map()));
      const place = placeOf(stored);
      if (former.has(place)) continue;
      const item = type === 'ADDED' ? undefined : (previous as Item | undefined);
      former.set(place, item);
      if (item && this.#formerOwned) addOwners(this.#formerOwned, item);
    }
    this.#seen = revision;
    return true;
  }

  #indexOwners(): Map<string, Item[]> {
    const index = new Map<string, Item[]>();
    for (const former of this.#former.values()) for (const item of former.values()) if (item) addOwners(index, item);
    return index;
  }
}

function addOwners(index: Map<string, Item[]>, item: Item): void {
  for (const owner of item.owners ?? []) {
    const items = index.get(owner);
    if (items) items.push(item);
    else index.set(owner, [item]);
  }
}
