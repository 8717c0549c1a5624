import type { Steps } from '../../meta/steps.ts';
import { nextTurn, turnAmongBeginners } from '../fairness/turns.ts';

/** ms that a request may take of the loop before the others have their turn. */
const SLICE_MS = 8;
/** ms within which thousands of values cannot even be decoded. */
const SHORT_MS = 1;

/** Gives other requests their turn between the steps of one that takes long: a step itself cannot be cut. */
export class Pace {
  #since = performance.now();
  #paused = false;

  /** whether it is the turn of the others; asked between steps, so that a short request waits for nothing */
  get due(): boolean {
    return performance.now() - this.#since > SLICE_MS;
  }

  /** whether it is no short request, as it has kept others waiting or has taken its time since */
  get long(): boolean {
    return this.#paused || performance.now() - this.#since > SHORT_MS;
  }

  /** Resolves once all that waits has had its turn. */
  async turn(): Promise<void> {
    // at first it is others who have taken the time: requests that come together go on in turns, from wait to wait
    const turn = this.#paused ? nextTurn() : turnAmongBeginners();
    this.#paused = true;
    await turn;
    this.#since = performance.now();
  }

  /** The outcome of work in steps: a promise only where a pause came between them. */
  run<T>(steps: Steps<T>): T | Promise<T> {
    for (let next = steps.next(); ; next = steps.next()) {
      if (next.done) return next.value;
      if (this.due) return this.#rest(steps);
    }
  }

  async #rest<T>(steps: Steps<T>): Promise<T> {
    await this.turn();
    return this.run(steps);
  }
}
