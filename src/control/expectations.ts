/** How long a write may take to come back through the informer before a controller counts without it, ms. */
const EXPIRY = 5 * 60_000;

interface Entry {
  creates: number;
  deletes: Set<string>;
  /** ms */
  at: number;
}

/**
 * What a controller has created and deleted and not yet seen in its informer, by the owner's uid. While something is
 * outstanding it must not count its dependents, or it would make them twice. Entries die with their owners, so they are
 * as many as those. All times are ms since the epoch.
 */
export class Expectations {
  private readonly byOwner = new Map<string, Entry>();

  satisfied(owner: string, now: number): boolean {
    const entry = this.byOwner.get(owner);
    return !entry || isOver(entry, now);
  }

  /** In addition to what is outstanding. */
  expectCreations(owner: string, count: number, now: number): void {
    this.entry(owner, now).creates += count;
  }

  /** In addition to what is outstanding. @param ids of the objects, as `deletionSeen` will name them */
  expectDeletions(owner: string, ids: Iterable<string>, now: number): void {
    const { deletes } = this.entry(owner, now);
    for (const id of ids) deletes.add(id);
  }

  /** It has come, or will never come because it failed. */
  creationSeen(owner: string, count = 1): void {
    const entry = this.byOwner.get(owner);
    if (entry) entry.creates -= count;
  }

  /** It is gone, or stays because its deletion failed. */
  deletionSeen(owner: string, id: string): void {
    this.byOwner.get(owner)?.deletes.delete(id);
  }

  forget(owner: string): void {
    this.byOwner.delete(owner);
  }

  /** What a failed write or a pod of an earlier time has left of an entry that is over does not count any more. */
  private entry(owner: string, now: number): Entry {
    const known = this.byOwner.get(owner);
    const entry = known && !isOver(known, now) ? known : { creates: 0, deletes: new Set<string>(), at: now };
    entry.at = now;
    this.byOwner.set(owner, entry);
    return entry;
  }
}

const isOver = ({ creates, deletes, at }: Entry, now: number): boolean =>
  (creates <= 0 && deletes.size === 0) || now - at > EXPIRY;
