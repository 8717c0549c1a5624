/** ms that a request may take of the loop before the others have their turn. */
const SLICE_MS = 8;

/** Gives other requests their turn between the steps of one that takes long: a step itself cannot be cut. */
export class Pace {
  #since = performance.now();

  /** whether it is the turn of the others; asked between steps, so that a short request waits for nothing */
  get due(): boolean {
    return performance.now() - this.#since > SLICE_MS;
  }

  /** Runs what gives way by itself, and what it gives in the end. */
  async run<T>(steps: Generator<void, T>): Promise<T> {
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
      if (this.due) await this.turn();
    }
  }

  /** Resolves once all that waits has had its turn. */
  async turn(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#since = performance.now();
  }
}
