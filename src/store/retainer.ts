import type { Connection } from './connection.ts';
import { retentionOf, type Retention } from './retention.ts';
import {
  forgetSteps,
  measure,
  nextHorizon,
  raiseHorizon,
  readHistory,
  sweep,
  type MeasuredRow,
  type RetainedRow,
} from './sql/retain.ts';
import { CLOCK_TOLERANCE_MS, firstSince } from './times.ts';

/** Revisions that one statement removes; it holds no lock that writers wait for. */
const BATCH = 1_000;

/**
 * Keeps of each resource the history that its retention says, by age and by size. Apart from how far watches reach back:
 * it never keeps less than that, and they never see that it keeps more.
 */
export class Retainer {
  readonly #connection: Connection;
  readonly #retention: Retention;
  readonly #isClosed: () => boolean;

  constructor(connection: Connection, retention: Retention, isClosed: () => boolean) {
    this.#connection = connection;
    this.#retention = retention;
    this.#isClosed = isClosed;
  }

  /** @param compacted how far watches reach back: nothing behind it goes */
  async round(now: number, compacted: number): Promise<void> {
    const rows = await this.#connection.query<RetainedRow>({ text: readHistory });
    const since = new Map<number, number>();
    let oldest = compacted;
    for (const row of rows) {
      if (this.#isClosed()) return;
      const { ms, bytes } = retentionOf(this.#retention, row.resource);
      let first = since.get(ms);
      if (first === undefined) since.set(ms, (first = await firstSince(this.#connection, now - ms, 0, compacted)));
      const kept = await this.#keepBytes(await this.#sweep(row, first), bytes, compacted);
      oldest = Math.min(oldest, kept.horizon);
    }
    await this.#connection.query({ text: forgetSteps, values: [oldest] });
  }

  /** Nothing of before a revision stays, of any resource. */
  async sweepTo(revision: number): Promise<void> {
    await this.measure();
    for (const row of await this.#connection.query<RetainedRow>({ text: readHistory }))
      await this.#sweep(row, revision);
  }

  /** Looks through what is new in the log: files it, and adds it up. */
  async measure(): Promise<void> {
    const values = [CLOCK_TOLERANCE_MS];
    while (!this.#isClosed()) {
      const [row] = await this.#connection.query<MeasuredRow>({ name: 'measure', text: measure, values });
      if (!row) return;
    }
  }

  /** Brings the horizon of a resource to a revision, if it is not further, and the log behind it. */
  async #sweep(row: RetainedRow, horizon: number): Promise<RetainedRow> {
    let last = row;
    if (horizon > row.horizon) {
      const values = [row.resource, horizon];
      last = (await this.#connection.query<RetainedRow>({ text: raiseHorizon, values }))[0] ?? last;
    }
    const values = [row.resource, BATCH, this.#retention.versions];
    while (last.swept < last.horizon && !this.#isClosed()) {
      const [swept] = await this.#connection.query<RetainedRow>({ name: 'sweep', text: sweep, values });
      if (!swept) break;
      last = swept;
    }
    return last;
  }

  /** Oldest first, until no more than so many bytes are left, or only what watches need. */
  async #keepBytes(row: RetainedRow, bytes: number, compacted: number): Promise<RetainedRow> {
    let last = row;
    while (last.bytes > bytes && last.horizon < compacted && !this.#isClosed()) {
      const values = [row.resource, BATCH - 1, compacted];
      const [next] = await this.#connection.query<{ revision: number }>({ text: nextHorizon, values });
      last = await this.#sweep(last, next?.revision ?? compacted);
    }
    return last;
  }
}
