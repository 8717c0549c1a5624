import type { Key } from './contract.ts';
import type { Clock } from '../rules/clock.ts';

/** How long a write may take to come back through the informer before a controller counts without it, ms. */
const EXPIRY = 5 * 60_000;

/**
 * What a controller has created and deleted and not yet seen in its informer. While something is outstanding it must
 * not count its dependents, or it would make them twice. Entries die with their key, so they are as many as the keys.
 */
export class Expectations {
  private readonly byKey = new Map<Key, { creates: number; deletes: Set<string>; at: number }>();

  constructor(private readonly clock: Clock) {}

  satisfied(key: Key): boolean {
    const entry = this.byKey.get(key);
    return !entry || (entry.creates <= 0 && entry.deletes.size === 0) || this.clock.now() - entry.at > EXPIRY;
  }

  expectCreations(key: Key, count: number): void {
    this.byKey.set(key, { creates: count, deletes: new Set(), at: this.clock.now() });
  }

  /** @param ids of the objects, as `deletionSeen` will name them */
  expectDeletions(key: Key, ids: Iterable<string>): void {
    this.byKey.set(key, { creates: 0, deletes: new Set(ids), at: this.clock.now() });
  }

  creationSeen(key: Key, count = 1): void {
    const entry = this.byKey.get(key);
    if (entry) entry.creates -= count;
  }

  deletionSeen(key: Key, id: string): void {
    this.byKey.get(key)?.deletes.delete(id);
  }

  forget(key: Key): void {
    this.byKey.delete(key);
  }
}
