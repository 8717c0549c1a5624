import { CONFIDENTIAL } from './confidential.ts';
import type { Connection, Log } from './connection.ts';
import type { Follower } from './follower.ts';
import { Retainer } from './retainer.ts';
import type { Retention } from './retention.ts';
import { expunge, raiseCompacted, raiseConfidential, raiseFloor, type CompactionRow } from './sql/compact.ts';
import type { State } from './state.ts';
import { firstSince } from './times.ts';

const EVERY_MS = 30_000;
const MIN_EVERY_MS = 500;
/** So many revisions are filed without waiting for a round: questions look through what is not, 1 ms for a thousand. */
const FILE_EVERY = 32_768;

/**
 * Forgets, in the background, in small steps: how far watches reach back, the values of confidential resources, and what
 * history keeps no longer (retainer.ts). Of several processes one at a time does the work.
 */
export class Compactor {
  readonly #connection: Connection;
  readonly #follower: Follower;
  readonly #state: State;
  readonly #retention: Retention;
  readonly #retainer: Retainer;
  readonly #now: () => number;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #filing: Promise<void> = Promise.resolve();
  #closed = false;
  /** the revision at which the log is filed next */
  #fileAt = Infinity;

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
    this.#retainer = new Retainer(parts.connection, parts.retention, () => this.#closed);
    this.#now = parts.now;
    this.#log = parts.log;
  }

  start(): void {
    this.#fileAt = this.#state.revision + FILE_EVERY;
    this.#timer = setInterval(() => {
      this.#running ??= this.round()
        .catch(this.#failed)
        .finally(() => (this.#running = undefined));
    }, this.#every());
    this.#timer.unref();
  }

  /** This process has written. */
  written(): void {
    const { revision } = this.#state;
    if (revision < this.#fileAt) return;
    this.#fileAt = revision + FILE_EVERY;
    this.#filing = this.#filing.then(() => this.#retainer.measure()).catch(this.#failed);
  }

  /** A tenth of what confidential history is kept late, at most. */
  #every(): number {
    return Math.max(MIN_EVERY_MS, Math.min(EVERY_MS, this.#retention.confidentialMs / 10));
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await Promise.all([this.#running, this.#filing]);
  }

  #failed = (error: Error): void => this.#log('compaction failed', { error: error.message });

  /** History before a revision is gone when this resolves, in the log too. */
  async compact(before: number): Promise<void> {
    const row = await this.#raise(before);
    await this.#connection.query({ text: raiseFloor, values: [row.revision] });
    await this.#retainer.sweepTo(row.revision);
  }

  async #raise(before: number): Promise<CompactionRow> {
    const row = await this.#connection.one<CompactionRow>({ text: raiseCompacted, values: [before] });
    this.#follower.sawCompacted(row.revision);
    return row;
  }

  /** What the retention says of now. */
  async round(): Promise<void> {
    await this.#retainer.measure();
    await this.#expunge();
    const { ms, minRevisions, maxRevisions } = this.#retention;
    const newest = this.#state.revision;
    const low = Math.max(this.#follower.compacted, newest - maxRevisions);
    const high = newest - minRevisions;
    const target = high > low ? await firstSince(this.#connection, this.#now() - ms, low, high) : low;
    if (target > this.#follower.compacted) await this.#raise(target);
    await this.#retainer.round(this.#now(), this.#follower.compacted);
  }

  /** Confidential history goes by its age alone. */
  async #expunge(): Promise<void> {
    const low = Math.max(this.#follower.confidential, this.#follower.compacted);
    const since = this.#now() - this.#retention.confidentialMs;
    const target = await firstSince(this.#connection, since, low, this.#state.revision);
    if (target <= this.#follower.confidential) return;
    const [row] = await this.#connection.query<{ confidential: number }>({ text: raiseConfidential, values: [target] });
    if (!row) return;
    this.#follower.sawConfidential(row.confidential);
    await this.#connection.query({ text: expunge, values: [CONFIDENTIAL, row.confidential] });
  }
}
