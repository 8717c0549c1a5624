import type { Author, Outcome, Write } from '../../store/contract.ts';
import type { Target } from '../contract.ts';

/** For whose write it is, and where. */
export interface Allocating {
  target: Target;
  by: Author;
  dryRun: boolean;
}

/**
 * What a write reserves besides its object (addresses and ports of a Service). The reservations are written in the same
 * transaction, so no two processes can give the same one away.
 */
export interface Allocation {
  /** commits the write with its reservations */
  commit(write: Write): Promise<Outcome>;
  /** always called in the end: from then on what is reserved is what the store has */
  release(): void;
}
