import { requestEntityTooLarge } from '../../meta/status.ts';

/** Items and keys that one patch may copy, move, compare or look for: those of long lists, again and again, are too many. */
const MAX_STEPS = 10_000_000;
/** A pause comes after so many of them. */
const PAUSE_STEPS = 50_000;

/** What a patch costs in all, and since its last pause. */
export class Effort {
  private steps = 0;
  private paused = 0;

  /** @param patch what the message calls it */
  constructor(private readonly patch: string) {}

  /** Throws 413 where the patch takes too many steps. */
  spend(steps: number): void {
    this.steps += steps;
    if (this.steps > MAX_STEPS)
      throw requestEntityTooLarge(`Request entity too large: the ${this.patch} takes too many steps`);
  }

  /** Whether it is time for one; `always` says that it is. */
  isPause(always = false): boolean {
    if (!always && this.steps - this.paused < PAUSE_STEPS) return false;
    this.paused = this.steps;
    return true;
  }
}
