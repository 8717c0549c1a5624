import type { HistoryEntry, Key, Store } from '../../src/store/contract.ts';

/** The history of one object, newest first. */
export const historyOf = (store: Store, key: Key, limit: number, below?: number): Promise<HistoryEntry[]> =>
  store.changes({ places: [key], limit, below });
