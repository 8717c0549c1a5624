import type { Scope, Store, StoreEvent } from '../../src/store/contract.ts';
import { the } from './at.ts';

/** A watch that checks as it goes: each event later than the one before, and fitting what it knows of the object. */
export class Witness {
  readonly revisions: number[] = [];
  /** body by namespace/name */
  readonly state = new Map<string, string>();
  readonly faults: string[] = [];
  ended: string | undefined;
  stop: () => void = () => undefined;
  readonly #scope: Scope;

  constructor(store: Store, scope: Scope, from: number) {
    this.#scope = scope;
    this.revisions.push(from);
    this.attach(store);
  }

  /** Begins, or goes on after the last event heard, perhaps at another store of the same database. */
  attach(store: Store): void {
    this.ended = undefined;
    this.stop = store.watch(this.#scope, this.last, {
      onEvents: (events) => events.forEach((e) => this.#hear(e)),
      onEnd: (why) => (this.ended = why),
    });
  }

  /** What exists when it begins. */
  knows(store: Store): void {
    for (const item of store.list(this.#scope).items)
      this.state.set(`${item.namespace}/${item.name}`, item.bytes.toString());
  }

  get last(): number {
    return the(this.revisions.at(-1));
  }

  #hear({ type, revision, stored, previous }: StoreEvent): void {
    const key = `${stored.namespace}/${stored.name}`;
    const before = this.state.get(key);
    if (revision <= this.last) this.faults.push(`${revision} after ${this.last}`);
    if ((type === 'ADDED') !== (before === undefined))
      this.faults.push(`${type} of ${key} at ${revision}, known: ${before}`);
    if (previous && previous.bytes.toString() !== before)
      this.faults.push(`${type} of ${key} at ${revision} does not follow ${before}`);
    this.revisions.push(revision);
    if (type === 'DELETED') this.state.delete(key);
    else this.state.set(key, stored.bytes.toString());
  }

  /** What was wrong with what it heard; having heard everything, it must know exactly what the store lists. */
  faultsAgainst(store: Store): string[] {
    const listed = store
      .list(this.#scope)
      .items.map((item) => [`${item.namespace}/${item.name}`, item.bytes.toString()] as const);
    const unheard = listed
      .filter(([key, body]) => this.state.get(key) !== body)
      .map(([key]) => `${key} is listed otherwise`);
    const [known, there] = [this.state.size, listed.length];
    return [...this.faults, ...unheard, ...(known === there ? [] : [`${known} known, ${there} listed`])];
  }
}
