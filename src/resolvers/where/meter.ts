import { RegexpError } from '../../go/regexp.ts';
import { badRequest } from '../../meta/status.ts';

/** Steps of all searches in one object, of which one takes some 50 ns: others wait for it. */
const MAX_STEPS = 500_000;

/** Counts what the expressions of a filter take in one object, which cannot be cut into slices. */
export class Meter {
  private steps = 0;
  /** whether the filter has an expression */
  used = false;

  reset(): void {
    this.steps = 0;
  }

  /** Runs a search that takes at most these steps. Throws 400. */
  search(steps: number, at: string, run: () => boolean): boolean {
    this.steps += steps;
    try {
      if (this.steps <= MAX_STEPS) return run();
    } catch (error) {
      if (!(error instanceof RegexpError)) throw error;
    }
    throw badRequest(`${at}: the expression takes too long on the text of an object`);
  }
}
