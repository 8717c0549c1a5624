/** Lets so many run at once; the others wait in line, whose length is the callers' to bound. */
export class Gate {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly limit: number) {}

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running < this.limit) this.running++;
    else await new Promise<void>((turn) => this.waiting.push(turn));
    try {
      return await work();
    } finally {
      // whose turn is next has this one's place: nobody gets in between
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }

  async idle(): Promise<void> {
    while (this.running > 0) await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
