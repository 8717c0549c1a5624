/** ms after a failure: doubled by each further one, up to the last. */
const FIRST_DELAY = 100;
const LAST_DELAY = 30_000;

/** Calls `work` with each key that was added: one after another, and again later with one that failed. */
export class Queue {
  private readonly keys = new Set<string>();
  private readonly failures = new Map<string, number>();
  private working = false;

  constructor(private readonly work: (key: string) => Promise<void>) {}

  add(key: string): void {
    this.keys.add(key);
    if (!this.working) void this.run();
  }

  private async run(): Promise<void> {
    this.working = true;
    for (const key of this.keys) {
      this.keys.delete(key);
      await this.work(key).then(
        () => this.failures.delete(key),
        (error: unknown) => this.later(key, error),
      );
    }
    this.working = false;
  }

  private later(key: string, error: unknown): void {
    const failures = this.failures.get(key) ?? 0;
    this.failures.set(key, failures + 1);
    console.error(`${key}: ${String(error)}`);
    setTimeout(() => this.add(key), Math.min(LAST_DELAY, FIRST_DELAY * 2 ** failures)).unref();
  }
}
