import { CONFIDENTIAL } from './confidential.ts';
import type { Connection, Log } from './connection.ts';
import type { Follower } from './follower.ts';
import { expunge, raiseCompacted, raiseConfidential, sweep, timeOf, type CompactionRow } from './sql/compact.ts';
import type { State } from './state.ts';

export interface Retention {
  /** history that is kept, ms */
  ms: number;
  /** but at least so many of the newest revisions … */
  minRevisions: number;
  /** … and at most so many: a bound on the disk under constant load */
  maxRevisions: number;
  /** of each existing object, versions that are kept beyond that, for its history and for undo */
  versions: number;
  /** of confidential resources: history that is kept, ms; nothing beyond it, not even of what exists */
  confidentialMs: number;
}

export const DEFAULT_RETENTION: Retention = {
  ms: 3_600_000,
  minRevisions: 10_000,
  maxRevisions: 500_000,
  versions: 5,
  confidentialMs: 300_000,
};

const EVERY_MS = 30_000;
const MIN_EVERY_MS = 500;
/** Revisions that one sweeping statement covers; it holds no lock that writers wait for. */
const BATCH = 1_000;

/** Forgets old revisions, in the background, in small steps. Of several processes one at a time does the work. */
export class Compactor {
  readonly #connection: Connection;
  readonly #follower: Follower;
  readonly #state: State;
  readonly #retention: Retention;
  readonly #now: () => number;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(parts: {
    connection: Connection;
    follower: Follower;
    state: State;
    retention: Retention;
    now: () => number;
    log: Log;
  }) {
    this.#connection = parts.connection;
    this.#follower = parts.follower;
    this.#state = parts.state;
    this.#retention = parts.retention;
    this.#now = parts.now;
    this.#log = parts.log;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#running ??= this.round()
        .catch((error: Error) => this.#log('compaction failed', { error: error.message }))
        .finally(() => (this.#running = undefined));
    }, this.#every());
    this.#timer.unref();
  }

  /** A tenth of what confidential history is kept late, at most. */
  #every(): number {
    return Math.max(MIN_EVERY_MS, Math.min(EVERY_MS, this.#retention.confidentialMs / 10));
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  /** History before a revision is gone when this resolves, in the log too. */
  async compact(before: number): Promise<void> {
    const row = await this.#connection.one<CompactionRow>({ text: raiseCompacted, values: [before] });
    this.#follower.sawCompacted(row.revision);
    await this.#sweep();
  }

  async #sweep(): Promise<void> {
    while (!this.#closed) {
      const values = [BATCH, this.#retention.versions];
      const [row] = await this.#connection.query<CompactionRow>({ name: 'sweep', text: sweep, values });
      if (!row || row.swept >= row.revision) return;
    }
  }

  /** What the retention says of now. */
  async round(): Promise<void> {
    await this.#expunge();
    const { ms, minRevisions, maxRevisions } = this.#retention;
    const newest = this.#state.revision;
    const low = Math.max(this.#follower.compacted, newest - maxRevisions);
    const high = newest - minRevisions;
    const target = high > low ? await this.#firstSince(this.#now() - ms, low, high) : low;
    if (target > this.#follower.compacted) await this.compact(target);
    else await this.#sweep();
  }

  /** Confidential history goes by its age alone. */
  async #expunge(): Promise<void> {
    const low = Math.max(this.#follower.confidential, this.#follower.compacted);
    const target = await this.#firstSince(this.#now() - this.#retention.confidentialMs, low, this.#state.revision);
    if (target <= this.#follower.confidential) return;
    const [row] = await this.#connection.query<{ confidential: number }>({ text: raiseConfidential, values: [target] });
    if (!row) return;
    this.#follower.sawConfidential(row.confidential);
    await this.#connection.query({ text: expunge, values: [CONFIDENTIAL, row.confidential] });
  }

  /** The first revision in [low, high] that is not older than a time, or high; revisions grow with time. */
  async #firstSince(time: number, low: number, high: number): Promise<number> {
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const [row] = await this.#connection.query<{ revision: number; at: number }>({
        name: 'time-of',
        text: timeOf,
        values: [middle],
      });
      if (!row || row.at >= time) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
