import type { Clock } from '../../rules/clock.ts';
import type { Sink } from './contract.ts';

/** ms that an event waits for others to be written with it */
const WAIT_MS = 500;
/** Characters from which on a batch is not waited for. */
const BATCH = 256 * 1024;
/** Characters of one write. */
const MAX_BATCH = 512 * 1024;
/** Characters that may wait for a slow disk; events beyond are dropped, and counted. */
const MAX_WAITING = 16 * 1024 * 1024;

export interface BatchOptions {
  clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>;
  /** Writes lines, in order: called again only when it has answered. */
  write(lines: string): Promise<void>;
  /** Events did not arrive. @param plugin `buffered` where there was no room for them, `log` where the write failed */
  lost(plugin: string, events: number): void;
  /** said once for as long as writes fail */
  report(line: string): void;
}

/** Collects events, a line each, so that they cost one write for many. */
export class Batches implements Sink {
  private waiting: string[] = [];
  private size = 0;
  private timer: unknown;
  private writing: Promise<void> | undefined;
  private failing = false;

  constructor(private readonly options: BatchOptions) {}

  push(text: string): void {
    if (this.size + text.length > MAX_WAITING) return this.options.lost('buffered', 1);
    this.waiting.push(text);
    this.size += text.length;
    this.schedule();
  }

  async close(): Promise<void> {
    while (this.waiting.length || this.writing) {
      if (!this.writing) this.start();
      await this.writing;
    }
  }

  private schedule(): void {
    if (this.writing || this.waiting.length === 0) return;
    if (this.size >= BATCH) this.start();
    else this.timer ??= this.options.clock.setTimeout(() => this.start(), WAIT_MS);
  }

  private start(): void {
    this.options.clock.clearTimeout(this.timer);
    this.timer = undefined;
    this.writing = this.drain().finally(() => {
      this.writing = undefined;
      this.schedule();
    });
  }

  private async drain(): Promise<void> {
    while (this.waiting.length) {
      const lines = this.take();
      try {
        await this.options.write(`${lines.join('\n')}\n`);
        this.failing = false;
      } catch (error) {
        this.options.lost('log', lines.length);
        if (!this.failing) this.options.report(`audit: events are lost: ${(error as Error).message}`);
        this.failing = true;
      }
    }
  }

  private take(): string[] {
    let [count, size] = [0, 0];
    while (count < this.waiting.length && (count === 0 || size + this.waiting[count]!.length <= MAX_BATCH))
      size += this.waiting[count++]!.length;
    this.size -= size;
    return this.waiting.splice(0, count);
  }
}
