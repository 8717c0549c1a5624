import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../connection.ts';

/** A server that runs. */
export interface Server {
  pid: number;
  /** resolves when it has ended, with what it said last */
  ended: Promise<string>;
  stop(): Promise<void>;
}

/** Between attempts to bring it back, ms: doubled from the first to the last. */
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 10_000;

/** Starts a server again whenever it ends without being told to. It never gives up, and says each time what is wrong. */
export class Supervisor {
  private stopping = false;
  private readonly watching: Promise<void>;
  private readonly cancel = new AbortController();
  private readonly stopped = new Promise<void>((resolve) =>
    this.cancel.signal.addEventListener('abort', () => resolve(), { once: true }),
  );

  /** @param again starts it anew, where its clients look for it. Rejects with what is wrong */
  constructor(
    private server: Server,
    private readonly again: () => Promise<Server>,
    private readonly log: Log,
  ) {
    this.watching = this.watch();
  }

  get pid(): number {
    return this.server.pid;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.cancel.abort();
    await this.server.stop();
    await this.watching;
  }

  private async watch(): Promise<void> {
    for (;;) {
      // Its end keeps no process alive: who stops it must not wait for being told of it.
      const why = await Promise.race([this.server.ended, this.stopped]);
      if (this.stopping) return;
      this.log('Postgres has ended and is started again', { pid: this.server.pid, ...(why && { said: why }) });
      const next = await this.bringBack();
      if (!next) return;
      this.server = next;
      this.log('Postgres is back', { pid: next.pid });
      // stopped while it started
      if (this.stopping) return next.stop();
    }
  }

  private async bringBack(): Promise<Server | undefined> {
    for (let failures = 0; !this.stopping; failures++) {
      try {
        return await this.again();
      } catch (error) {
        const ms = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 16));
        this.log('Postgres does not come back yet', { error: (error as Error).message, againInMs: ms });
        await delay(ms, undefined, { signal: this.cancel.signal }).catch(() => undefined);
      }
    }
    return undefined;
  }
}
