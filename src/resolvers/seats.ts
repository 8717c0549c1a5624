import type { Release } from '../api/fairness/level.ts';

/** The seats of a request of operations, from when it is admitted until its answer has been taken. */
export class Seats {
  private over = false;

  private constructor(
    private readonly admit: () => Promise<Release>,
    private release: Release,
  ) {}

  /** Resolves when there are seats. Throws 429. */
  static async take(admit: () => Promise<Release>): Promise<Seats> {
    return new Seats(admit, await admit());
  }

  /**
   * Gives them back while it waits for what costs this server nothing, as a command that runs on a node; what comes behind
   * that waits for seats again. Where it is refused them it goes on, as what has been done cannot be untold.
   */
  async without<T>(wait: () => Promise<T>): Promise<T> {
    this.release();
    try {
      return await wait();
    } finally {
      if (!this.over) this.release = await this.admit().catch(() => () => undefined);
      // its client has gone meanwhile
      if (this.over) this.release();
    }
  }

  free(): void {
    this.over = true;
    this.release();
  }
}
