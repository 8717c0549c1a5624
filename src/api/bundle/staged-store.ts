import { conflict } from '../../meta/status.ts';
import { parseGroupResource } from '../../meta/gvk.ts';
import { byPlace } from '../../store/by-place.ts';
import type { Having, Key, ListSnapshot, Outcome, Scope, Store, Stored, Write } from '../../store/contract.ts';
import { Item, itemBytes } from '../../store/item.ts';
import { Retained } from '../../store/retained.ts';

/** What writes that are not committed yet make of one key. */
interface Staged {
  /** what the store has, at the revision that the commit will expect */
  base: Stored | undefined;
  now: Stored | undefined;
  /** the newest write of the key */
  write: Write;
}

/** No revision: that of an object which the store does not have yet. Clients take it for none said. */
const UNWRITTEN = 0;
export const isUnwritten = ({ revision }: Stored): boolean => revision === UNWRITTEN;

/** A text that is the key's alone. */
export const textOf = ({ resource, namespace, name }: Key): string => `${namespace}/${resource}/${name}`;

/**
 * A store over a store: it reads as if its writes were committed, and keeps them, until `writes` are committed all at
 * once. Several of one object become one. For one bundle; its parts that look at the past or the future (watches,
 * history, other revisions) are those of the store below.
 */
export class StagedStore implements Store {
  readonly #base: Store;
  readonly #staged = new Map<string, Staged>();
  /** by resource, what of it is staged */
  readonly #resources = new Map<string, Map<string, Staged>>();
  readonly #retained = new Retained();
  /** of the bodies that are to be written */
  bytes = 0;

  constructor(base: Store) {
    this.#base = base;
    this.at = base.at.bind(base);
    this.listAt = base.listAt.bind(base);
    this.getAt = base.getAt.bind(base);
    this.pastAt = base.pastAt.bind(base);
    this.revisionAt = base.revisionAt.bind(base);
    this.changes = base.changes.bind(base);
    this.isConfidential = base.isConfidential.bind(base);
    this.watch = base.watch.bind(base);
    this.setting = base.setting.bind(base);
    this.created = base.created.bind(base);
    this.made = base.made.bind(base);
    this.compact = base.compact.bind(base);
  }

  readonly at: Store['at'];
  readonly listAt: Store['listAt'];
  readonly getAt: Store['getAt'];
  readonly pastAt: Store['pastAt'];
  readonly revisionAt: Store['revisionAt'];
  readonly changes: Store['changes'];
  readonly isConfidential: Store['isConfidential'];
  readonly watch: Store['watch'];
  readonly setting: Store['setting'];
  readonly created: Store['created'];
  readonly made: Store['made'];
  readonly compact: Store['compact'];

  /** What is to be committed, in the order in which it was staged, each object once. */
  writes(): Write[] {
    return [...this.#staged.values()].flatMap(({ base, now, write }): Write[] => {
      if (now === undefined) {
        if (!base) return [];
        const { resource, namespace, name, by } = write;
        return [{ resource, namespace, name, by, type: 'delete', expect: base.revision }];
      }
      if (write.type === 'delete') return [];
      const { patience: _, ...rest } = write;
      return [base ? { ...rest, type: 'update', expect: base.revision } : { ...rest, type: 'create' }];
    });
  }

  /** What the store below has of a key of which something is staged. */
  baseOf(key: Key): Stored | undefined {
    return this.#staged.get(textOf(key))?.base;
  }

  async commit(write: Write): Promise<Outcome> {
    const refusal = this.#refusal(write);
    return refusal ?? { ok: true, stored: this.#stage(write) };
  }

  async commitAll(writes: readonly Write[]): ReturnType<Store['commitAll']> {
    for (const [index, write] of writes.entries()) {
      const outcome = this.#refusal(write);
      if (outcome) return { ok: false, index, outcome };
    }
    return { ok: true, stored: writes.map((write) => this.#stage(write)) };
  }

  #refusal(write: Write): (Outcome & { ok: false }) | undefined {
    const current = this.get(write);
    if (write.type === 'create') {
      if (current) return { ok: false, why: 'exists', current };
      if (this.baseOf(write)) throw replaced(write);
      return undefined;
    }
    if (!current) return { ok: false, why: 'missing', current };
    return current.revision === write.expect ? undefined : { ok: false, why: 'changed', current };
  }

  /** What was written; of a deletion, what is there no more. */
  #stage(write: Write): Stored {
    const key = textOf(write);
    const before = this.#staged.get(key);
    const current = this.get(write);
    const base = before ? before.base : current;
    const now =
      write.type === 'delete'
        ? undefined
        : new Item(write, UNWRITTEN, itemBytes(write.body, UNWRITTEN), write.columns, this.#retained, write.object);
    this.bytes += (now?.bytes.length ?? 0) - (before?.now?.bytes.length ?? 0);
    const staged = { base, now, write };
    this.#staged.set(key, staged);
    const ofResource = this.#resources.get(write.resource) ?? new Map<string, Staged>();
    this.#resources.set(write.resource, ofResource.set(key, staged));
    return (now ?? current)!;
  }

  get revision(): number {
    return this.#base.revision;
  }
  get compacted(): number {
    return this.#base.compacted;
  }
  fresh(): Promise<number> {
    return this.#base.fresh();
  }
  reached(revision: number, timeoutMs: number): Promise<void> {
    return this.#base.reached(revision, timeoutMs);
  }

  get(key: Key): Stored | undefined {
    const staged = this.#staged.get(textOf(key));
    return staged ? staged.now : this.#base.get(key);
  }

  list(scope: Scope, having?: Having): ListSnapshot {
    const { items, revision } = this.#base.list(scope, having);
    const mine = this.#of(scope);
    if (!mine.length) return { items, revision };
    const others = items.filter((item) => !this.#staged.has(textOf(item)));
    return { items: [...others, ...mine.flatMap(({ now }) => now ?? [])].sort(byPlace), revision };
  }

  count(scope: Scope): number {
    const change = this.#of(scope).reduce((sum, { base, now }) => sum + Number(!!now) - Number(!!base), 0);
    return this.#base.count(scope) + change;
  }

  #of({ resource, namespace, name }: Scope): Staged[] {
    const ofResource = this.#resources.get(resource);
    if (!ofResource) return [];
    return [...ofResource.values()].filter(
      ({ write }) =>
        (namespace === undefined || write.namespace === namespace) && (name === undefined || write.name === name),
    );
  }

  owned(ownerUid: string): readonly Stored[] {
    const others = this.#base.owned(ownerUid).filter((item) => !this.#staged.has(textOf(item)));
    return [...others, ...this.#now().filter(({ owners }) => owners?.includes(ownerUid))];
  }

  byUid(uid: string): Stored | undefined {
    const mine = this.#now().find((stored) => stored.uid === uid);
    if (mine) return mine;
    const found = this.#base.byUid(uid);
    return found && this.#staged.has(textOf(found)) ? undefined : found;
  }

  #now(): Stored[] {
    return [...this.#staged.values()].flatMap(({ now }) => now ?? []);
  }

  resources(): readonly string[] {
    return [...new Set([...this.#base.resources(), ...this.#now().map(({ resource }) => resource)])];
  }
  isStale(stored: Stored): boolean {
    return stored.revision !== UNWRITTEN && this.#base.isStale(stored);
  }
  reopen(): void {
    this.#base.reopen();
  }
  unreadable(scope: Scope): ReturnType<Store['unreadable']> {
    return this.#base.unreadable(scope);
  }
  /** The store below is not its own. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A watcher would be told of one object that changes its uid: it is not made of another's name in one revision. */
const replaced = ({ resource, name }: Key) =>
  conflict(parseGroupResource(resource), name, 'an earlier step deletes it, and one bundle cannot make it again');
