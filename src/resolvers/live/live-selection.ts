import type { Target } from '../../api/contract.ts';
import type { Kind } from '../../kinds/kind.ts';
import type { ListSnapshot, Stored } from '../../store/contract.ts';

/** What a live query is about: which objects of a kind, and in which order. */
export interface LiveSelection {
  readonly kind: Kind;
  /** one for each namespace that is asked for */
  readonly targets: readonly Target[];
  readonly options: { labelSelector?: string; fieldSelector?: string };
  /** All that `options` select, and maybe others of them than match, now or at a revision. Throws what the API throws. */
  read(revision?: number): Promise<ListSnapshot>;
  /** beyond what `options` select; undefined: all */
  readonly matches: ((stored: Stored) => boolean) | undefined;
  keyOf(stored: Stored): readonly unknown[];
  compare(a: readonly unknown[], b: readonly unknown[]): number;
  /** equal for what selects and orders the same */
  readonly id: string;
}
