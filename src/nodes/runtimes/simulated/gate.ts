/** Lets so many run at once; the others wait in line, at most one for each timer of the simulation. */
export class Gate {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly limit: number) {}

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= this.limit) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.running++;
    try {
      return await work();
    } finally {
      this.running--;
      this.waiting.shift()?.();
    }
  }

  async idle(): Promise<void> {
    while (this.running > 0) await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
