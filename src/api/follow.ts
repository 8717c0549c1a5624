import type { Scope, Store, Stored } from '../store/contract.ts';

export interface Followed {
  /** An object that is there: at the beginning, after each change, and once more when the list has been read anew. `isNew`: it has been told of as just made. */
  seen(stored: Stored, isNew: boolean): void;
  /** One that is not there any more, as it was last; also one that went while nobody told of it. */
  gone?(stored: Stored): void;
  /** The list has been read anew, as the watch had fallen behind: what came between is not known one by one. */
  anew?(): void;
}

const idOf = ({ namespace, name }: Stored): string => `${namespace}/${name}`;

/**
 * Reads what is there, then follows its changes; a watch that is too far behind is begun again from a list. Returns the
 * function that ends it.
 */
export function follow(store: Pick<Store, 'list' | 'watch'>, scope: Scope, { seen, gone, anew }: Followed): () => void {
  /** what is there, for who asks what went */
  const there = new Map<string, Stored>();
  let over = false;
  let unwatch = (): void => undefined;
  const see = (stored: Stored, isNew: boolean): void => {
    if (gone) there.set(idOf(stored), stored);
    seen(stored, isNew);
  };
  const lose = (stored: Stored): void => {
    there.delete(idOf(stored));
    gone?.(stored);
  };
  const begin = (): void => {
    const { items, revision } = store.list(scope);
    const missing = new Map(there);
    for (const stored of items) missing.delete(idOf(stored));
    for (const stored of missing.values()) lose(stored);
    for (const stored of items) see(stored, false);
    unwatch = store.watch(scope, revision, {
      onEvents(events) {
        for (const { type, stored } of events) {
          if (type === 'DELETED') lose(stored);
          else see(stored, type === 'ADDED');
        }
      },
      onEnd(reason) {
        if (reason !== 'expired' || over) return;
        begin();
        anew?.();
      },
    });
  };
  begin();
  return () => {
    over = true;
    unwatch();
  };
}
