import type { Target } from '../../api/contract.ts';
import type { Kind } from '../../kinds/kind.ts';
import type { Stored } from '../../store/contract.ts';
import type { Placed } from './ordered-set.ts';

/** An object that a selection takes, as it is now, and what it is ordered by. */
export interface Entry extends Placed<Entry> {
  stored: Stored;
  key: readonly unknown[];
}

/** What a live query is about: which objects of a kind, and in which order. */
export interface LiveSelection {
  readonly kind: Kind;
  /** one for each namespace that is asked for */
  readonly targets: readonly Target[];
  readonly options: { labelSelector?: string; fieldSelector?: string };
  /** All that match, now or at a revision, by namespace and name. Throws what the API throws; 400 and 504 of the filter. */
  read(revision?: number): Promise<{ entries: Entry[]; revision: number }>;
  /** beyond what `options` select; undefined: all */
  readonly matches: ((stored: Stored) => boolean) | undefined;
  keyOf(stored: Stored): readonly unknown[];
  compare(a: readonly unknown[], b: readonly unknown[]): number;
  /** equal for what selects and orders the same */
  readonly id: string;
}
