import type { Connection, Log } from '../connection.ts';
import type { LogRetention } from './contract.ts';
import { emptySources } from './sql/sources.ts';

/** A chunk takes no more when it has so many runs, bytes of lines, or ms of age. */
const MAX_RUNS = 200_000;
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_AGE_MS = 6 * 3600_000;
/** "logs" in ASCII: nobody else makes or drops chunks meanwhile */
const LOCK = 0x6c6f6773;
/** ms that a drop waits for those who read: else it is left to the next round */
const LOCK_TIMEOUT_MS = 1000;
const DROPPED_AT_ONCE = 16;

const NEWEST =
  'SELECT id, extract(epoch FROM now() - opened) * 1000 AS age FROM log.chunk WHERE closed IS NULL ORDER BY id DESC LIMIT 1';

/** The tables of lines: which one takes them, and which are dropped. */
export class Chunks {
  private open: { id: number; until: number } | undefined;

  /** @param connection that nobody else uses: it has transactions */
  constructor(
    private readonly connection: Connection,
    private readonly retention: LogRetention,
    private readonly maxBytes = MAX_BYTES,
  ) {}

  /** The number of the chunk that takes lines. */
  async current(): Promise<number> {
    if (!this.open || Date.now() > this.open.until) this.open = await this.next(undefined);
    return this.open.id;
  }

  /** What a write has found of the chunk; full or gone, another takes its place. */
  wrote(chunk: number, runs: number | null, bytes: number | null): void {
    if (runs === null || runs >= MAX_RUNS || (bytes ?? 0) >= this.maxBytes) this.closing = chunk;
  }
  private closing: number | undefined;

  /** Closes the chunk that is full, if somebody else has not, before the next write asks for one. */
  async roll(): Promise<void> {
    if (this.closing === undefined) return;
    const full = this.closing;
    this.closing = undefined;
    this.open = await this.next(full);
  }

  private async next(full: number | undefined): Promise<{ id: number; until: number }> {
    return this.locked(async () => {
      if (full !== undefined)
        await this.run('UPDATE log.chunk SET closed = now() WHERE id = $1 AND closed IS NULL', [full]);
      const [newest] = await this.connection.query<{ id: number; age: string }>({ text: NEWEST });
      const age = Number(newest?.age ?? 0);
      if (newest && age < MAX_AGE_MS) return { id: newest.id, until: Date.now() + MAX_AGE_MS - age };
      if (newest) await this.run('UPDATE log.chunk SET closed = now() WHERE id = $1 AND runs > 0', [newest.id]);
      const { id } = await this.connection.one<{ id: number }>({
        text: 'INSERT INTO log.chunk DEFAULT VALUES RETURNING id',
      });
      await this.run(`CREATE TABLE log.run_${id} () INHERITS (log.run)`);
      await this.run(`CREATE UNIQUE INDEX ON log.run_${id} (n)`);
      await this.run(`CREATE INDEX ON log.run_${id} (source, newest)`);
      return { id, until: Date.now() + MAX_AGE_MS };
    });
  }

  /** Drops chunks by age and size, and forgets sources of which nothing is left. */
  async sweep(now: number, alive: (uid: string) => boolean, log: Log): Promise<void> {
    const rows = await this.connection.query<{
      id: number;
      newest: number | null;
      closed: string | null;
      size: number;
    }>({
      text: "SELECT id, newest, closed::text, pg_total_relation_size('log.run_' || id) AS size FROM log.chunk ORDER BY id DESC",
    });
    let total = 0;
    const gone = rows.filter(({ newest, size, closed }, place) => {
      total += size;
      if (place === 0 && closed === null) return false;
      return total > this.retention.bytes || (newest ?? 0) < (now - this.retention.ms) * 1000;
    });
    for (const { id } of gone.reverse().slice(0, DROPPED_AT_ONCE)) {
      try {
        await this.drop(id);
      } catch (error) {
        // somebody reads it
        if ((error as { code?: string }).code !== '55P03') throw error;
        log('a chunk of the logs is in use, and dropped later', { chunk: id });
      }
    }
    await this.forget(alive);
  }

  private drop(id: number): Promise<void> {
    return this.locked(async () => {
      await this.run(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
      await this.run(`DROP TABLE IF EXISTS log.run_${id}`);
      await this.run('DELETE FROM log.chunk WHERE id = $1', [id]);
      if (this.open?.id === id) this.open = undefined;
    });
  }

  /** A position is kept for as long as its file may be read on. */
  private async forget(alive: (uid: string) => boolean): Promise<void> {
    const rows = await this.connection.query<{ id: number; uid: string }>({ text: emptySources });
    const ids = rows.filter(({ uid }) => !alive(uid)).map(({ id }) => id);
    if (ids.length) await this.run('DELETE FROM log.source WHERE id = ANY ($1::integer[])', [ids]);
  }

  private async locked<T>(work: () => Promise<T>): Promise<T> {
    await this.run('BEGIN');
    try {
      await this.run(`SELECT pg_advisory_xact_lock(${LOCK})`);
      const result = await work();
      await this.run('COMMIT');
      return result;
    } catch (error) {
      await this.run('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  private async run(text: string, values: unknown[] = []): Promise<void> {
    await this.connection.query({ text, values });
  }
}
