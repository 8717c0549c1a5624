import { bigintArray, byteaArray, textArray } from '../binary-array.ts';
import { Connection, type Log } from '../connection.ts';
import { isPossibleText } from '../possible-text.ts';
import { Chunks } from './chunks.ts';
import type {
  KnownSource,
  LogArchive,
  LogBatch,
  LogLine,
  LogMark,
  LogRetention,
  LogRun,
  LogSource,
  RunQuery,
  SourceQuery,
} from './contract.ts';
import { bodyOf } from './run-body.ts';
import {
  allChunks,
  chunksBetween,
  findRuns,
  readBodies,
  runsAfter,
  type ChunkRow,
  type RunRow,
} from './sql/read-runs.ts';
import { addSources, findSources, namespacesOfSources, selectSources, sourcesById } from './sql/sources.ts';
import { writeBatches, type WrittenRow } from './sql/write-batches.ts';
import { wordFilter } from './word-filter.ts';

/** Lines and characters of one row: a search reads whole rows, and their filter must not be full. */
const RUN_LINES = 1000;
const RUN_CHARACTERS = 128 * 1024;
/** Rows whose places are read at once, and whose bodies are. */
const PLACES = 500;
const BODIES = 8;
/** Attempts to write where chunks are closed meanwhile. */
const MAX_TRIES = 5;
const READERS = 2;
const GONE = '42P01';

export interface LogArchiveOptions {
  databaseUrl: string;
  retention: LogRetention;
  log: Log;
  /** ms that a statement may take */
  statementMs?: number;
  /** of a chunk; for tests */
  chunkBytes?: number;
}

/** The archive over the database that the store has migrated. It connects at its first use. */
export const openLogArchive = (options: LogArchiveOptions): LogArchive => new Archive(options);

class Archive implements LogArchive {
  private readonly writer: Connection;
  private readonly keeper: Connection;
  private readonly readers: Connection[];
  private readonly chunks: Chunks;
  private readonly log: Log;
  private turn = 0;
  private last: Promise<unknown> = Promise.resolve();
  private sweeping: Promise<unknown> = Promise.resolve();

  constructor({ databaseUrl: url, retention, log, statementMs = 10_000, chunkBytes }: LogArchiveOptions) {
    const connect = (name: string): Connection => new Connection({ url, name, statementMs, log });
    this.log = log;
    this.writer = connect('logs');
    this.keeper = connect('logs keeper');
    this.readers = Array.from({ length: READERS }, () => connect('logs search'));
    this.chunks = new Chunks(this.writer, retention, chunkBytes);
    this.keptChunks = new Chunks(this.keeper, retention, chunkBytes);
  }
  private readonly keptChunks: Chunks;

  private get reader(): Connection {
    return this.readers[this.turn++ % READERS]!;
  }

  async register(sources: readonly LogSource[]): Promise<KnownSource[]> {
    const values = [
      ...(['kind', 'node', 'namespace', 'pod', 'uid', 'container'] as const).map((part) =>
        textArray(sources.map((source) => source[part])),
      ),
      bigintArray(sources.map(({ attempt }) => attempt)),
    ];
    const find = { name: 'log sources', text: findSources, values };
    const found = await this.reader.query<KnownSource>(find);
    if (found.length === sources.length) return found;
    await this.reader.query({ text: addSources, values });
    return this.reader.query<KnownSource>(find);
  }

  /** One after the other: a write may have to make its chunk, which is a transaction on the same session. */
  write(batches: readonly LogBatch[]): Promise<boolean> {
    const turn = this.last.then(() => this.writeNow(batches));
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private async writeNow(batches: readonly LogBatch[]): Promise<boolean> {
    const runs = batches.flatMap(({ source, lines }) => cut(lines).map((some) => ({ source, ...runOf(some) })));
    const bytes = runs.reduce((sum, { body }) => sum + body.length, 0);
    const parameters = [
      bigintArray(batches.map(({ source }) => source)),
      textArray(batches.map(({ from }) => from)),
      textArray(batches.map(({ until }) => until)),
      bigintArray(runs.map(({ source }) => source)),
      bigintArray(runs.map(({ oldest }) => oldest)),
      bigintArray(runs.map(({ newest }) => newest)),
      bigintArray(runs.map(({ lines }) => lines)),
      byteaArray(runs.map(({ words }) => words)),
      textArray(runs.map(({ body }) => body)),
      bytes,
    ];
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const chunk = await this.chunks.current();
      const written = await this.writer
        .one<WrittenRow>({ text: writeBatches(chunk), values: [...parameters, chunk] })
        .catch((error: { code?: string }) => {
          if (error.code !== GONE) throw error;
          return { runs: null, bytes: null, current: true };
        });
      if (!written.current) return false;
      this.chunks.wrote(chunk, written.runs, written.bytes);
      if (written.runs !== null) {
        // in the background of this write, and before the next
        this.last = this.last.then(() => this.chunks.roll()).catch(() => undefined);
        return true;
      }
      await this.chunks.roll();
    }
    throw new Error('chunks of the logs are closed faster than they can be written to');
  }

  async sources({ kinds, namespaces, pods, containers, nodes }: SourceQuery): Promise<KnownSource[]> {
    const lists = [kinds, namespaces, pods, containers, nodes];
    if (lists.some((list) => list && !list.some(isPossibleText))) return [];
    const values = lists.map((list) => (list ? textArray(list.filter(isPossibleText)) : null));
    return this.reader.query<KnownSource>({ name: 'log sources of', text: selectSources, values });
  }

  async sourcesById(ids: readonly number[]): Promise<KnownSource[]> {
    return this.reader.query<KnownSource>({ name: 'log sources by id', text: sourcesById, values: [bigintArray(ids)] });
  }

  async namespaces(): Promise<{ kind: LogSource['kind']; namespace: string }[]> {
    return this.reader.query({ text: namespacesOfSources });
  }

  async *runs(query: RunQuery): AsyncIterableIterator<LogRun> {
    if (query.sources?.length === 0) return;
    const chunks = await this.reader.query<ChunkRow>({ text: chunksBetween, values: [query.since, query.until] });
    // Runs of chunks that overlap in time take turns: the reader of a chunk is asked for as long as it has the newest.
    const open: { reader: AsyncIterator<LogRun>; next: LogRun | undefined }[] = [];
    for (;;) {
      const best = open.reduce<(typeof open)[number] | undefined>(
        (one, other) => (other.next && (!one?.next || other.next.newest > one.next.newest) ? other : one),
        undefined,
      );
      const upcoming = chunks[0];
      if (upcoming && (!best?.next || (upcoming.newest ?? 0) >= best.next.newest)) {
        chunks.shift();
        const reader = this.runsOf(upcoming.id, query);
        open.push({ reader, next: await nextOf(reader) });
        continue;
      }
      if (!best?.next) return;
      yield best.next;
      best.next = await nextOf(best.reader);
    }
  }

  private async *runsOf(chunk: number, { sources, since, until, words }: RunQuery): AsyncGenerator<LogRun> {
    const ids = sources ? bigintArray(sources) : null;
    let place = { newest: Number.MAX_SAFE_INTEGER, n: 0 };
    for (;;) {
      const values = [ids, since, until, place.newest, place.n, PLACES];
      const rows = await this.ofChunk<RunRow>({ text: findRuns(chunk, words), values });
      for (let i = 0; i < rows.length; i += BODIES) {
        const some = rows.slice(i, i + BODIES);
        const bodies = await this.ofChunk<{ n: number; body: string }>({
          text: readBodies(chunk),
          values: [bigintArray(some.map(({ n }) => n))],
        });
        const byPlace = new Map(bodies.map(({ n, body }) => [n, body]));
        for (const row of some) yield { chunk, ...row, body: byPlace.get(row.n) ?? '' };
      }
      const last = rows.at(-1);
      if (!last || rows.length < PLACES) return;
      place = last;
    }
  }

  /** Of a chunk that was dropped there is nothing. */
  private async ofChunk<R extends object>(statement: { text: string; values: unknown[] }): Promise<R[]> {
    return this.reader.query<R & Record<string, unknown>>(statement).catch((error: { code?: string }) => {
      if (error.code === GONE) return [];
      throw error;
    });
  }

  async mark(): Promise<LogMark> {
    const chunks = await this.reader.query<ChunkRow>({ text: allChunks });
    return new Map(chunks.map(({ id, runs }) => [id, runs]));
  }

  async since(mark: LogMark, limit: number): Promise<{ runs: LogRun[]; mark: LogMark }> {
    const chunks = await this.reader.query<ChunkRow>({ text: allChunks });
    const seen = new Map<number, number>();
    const runs: LogRun[] = [];
    for (const { id, runs: there } of chunks) {
      const after = mark.get(id) ?? 0;
      const left = limit - runs.length;
      if (there <= after || left <= 0) {
        seen.set(id, after);
        continue;
      }
      const rows = await this.ofChunk<Omit<LogRun, 'chunk'>>({ text: runsAfter(id), values: [after, left] });
      for (const row of rows) runs.push({ chunk: id, ...row });
      seen.set(id, rows.at(-1)?.n ?? after);
    }
    return { runs, mark: seen };
  }

  sweep(now: number, alive: (uid: string) => boolean): Promise<void> {
    const turn = this.sweeping.then(() => this.keptChunks.sweep(now, alive, this.log));
    this.sweeping = turn.catch(() => undefined);
    return turn;
  }

  async size(): Promise<{ lines: number; bytes: number }> {
    return this.reader.one({
      text: "SELECT coalesce(sum(lines), 0)::bigint AS lines, coalesce(sum(pg_total_relation_size('log.run_' || id)), 0)::bigint AS bytes FROM log.chunk",
    });
  }

  /** Asked again each time: the session may have been lost, and the lock with it. Locks of a session count, so it is taken once. */
  async lead(name: string): Promise<boolean> {
    const { held } = await this.keeper.one<{ held: boolean }>({
      text: `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND objid = hashtext($1)::oid AND granted)
        OR pg_try_advisory_lock(${0x6c6f67}, hashtext($1)) AS held`,
      values: [name],
    });
    return held;
  }

  async close(): Promise<void> {
    await Promise.all([this.last, this.sweeping]);
    await Promise.all([this.writer, this.keeper, ...this.readers].map((connection) => connection.close()));
  }
}

const nextOf = async (reader: AsyncIterator<LogRun>): Promise<LogRun | undefined> => {
  const { done, value } = await reader.next();
  return done ? undefined : value;
};

/** In pieces that a row may have. */
function cut(lines: readonly LogLine[]): LogLine[][] {
  const pieces: LogLine[][] = [];
  let piece: LogLine[] = [];
  let size = 0;
  for (const line of lines) {
    if (piece.length && (piece.length === RUN_LINES || size + line.text.length > RUN_CHARACTERS)) {
      pieces.push(piece);
      piece = [];
      size = 0;
    }
    piece.push(line);
    size += line.text.length;
  }
  if (piece.length) pieces.push(piece);
  return pieces;
}

function runOf(lines: readonly LogLine[]): Omit<LogRun, 'chunk' | 'n' | 'source'> & { lines: number; words: Buffer } {
  let oldest = Infinity;
  let newest = -Infinity;
  for (const { at } of lines) {
    if (at < oldest) oldest = at;
    if (at > newest) newest = at;
  }
  return { oldest, newest, lines: lines.length, words: wordFilter(lines), body: bodyOf(lines, oldest) };
}
