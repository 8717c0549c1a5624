import { commitParameters, type Prepared } from './commit-parameters.ts';
import type { Connection, Log } from './connection.ts';
import { StoreUnavailable, type Key, type Outcome, type Stored, type Write } from './contract.ts';
import type { Follower } from './follower.ts';
import type { Items } from './items.ts';
import { commit, lockCounter } from './sql/commit.ts';
import type { Change, State } from './state.ts';

const MAX_WRITES = 64;
const MAX_BYTES = 4 << 20;
/** Writes that wait; at 5,000 a second two seconds of them. */
const MAX_WAITING = 10_000;
/** ms that a statement waits, after its first write came, for others that are known to come. */
const HOLD_MS = 20;
/** How far behind the first waiting write others of other keys are looked for. */
const LOOK_AHEAD = 1_024;

export type AllOutcome =
  { ok: true; stored: Stored[] } | { ok: false; index: number; outcome: Outcome & { ok: false } };

/** What goes into one statement: single writes that met by chance, or one that is all or nothing. */
interface Job {
  writes: readonly Prepared[];
  atomic: boolean;
  bytes: number;
  patience: number;
  /** when it came, of performance.now() */
  since: number;
  resolve(outcomes: Outcome[]): void;
  reject(error: unknown): void;
}

/** Told of each write, when it is known what became of it. @param answered the database has said */
export type OnWrite = (operation: Write['type'], resource: string, ms: number, answered: boolean) => void;

/** A write's own: what was written, what it met instead, or nothing since another of its job was refused. */
type Verdict = Change | { found: number | null } | undefined;

interface Result {
  last: number | null;
  seen: number;
  failed: number[] | null;
  found: (number | null)[] | null;
}

/**
 * From this size on the writer's object is kept, if it is an update's: such an object is likely to be changed again
 * soon. Others live on only as bytes, since whatever is kept has to be moved to the old generation and collected there,
 * which costs more than a parse.
 */
const KEPT_FROM = 1_024;
const HEAD = '{"metadata":{"';
const keyOf = ({ resource, namespace, name }: Key): string => `${resource}/${namespace}/${name}`;

/**
 * Group commit: what is waiting when the connection becomes idle goes in one statement. Under load batches grow by
 * themselves, and a lone write waits for nobody, unless it says that it has the time: many small writes that come one
 * by one (renewals of leases) then share a statement, a commit and a turn of the event loop.
 */
export class Writer {
  readonly #connection: Connection;
  readonly #follower: Follower;
  readonly #state: State;
  readonly #items: Items;
  readonly #now: () => number;
  readonly #log: Log;
  readonly #onWritten: () => void;
  readonly #onWrite: OnWrite | undefined;
  readonly #moreComes: () => boolean;
  #waiting: Job[] = [];
  #scheduled = false;
  /** runs while all that wait are patient */
  #lingering: NodeJS.Timeout | undefined;
  #busy: Promise<void> | undefined;
  #closed = false;

  constructor(parts: {
    connection: Connection;
    follower: Follower;
    state: State;
    items: Items;
    now: () => number;
    log: Log;
    onWritten: () => void;
    onWrite?: OnWrite;
    /** whether writes have begun that have not come here yet */
    moreComes?: () => boolean;
  }) {
    this.#connection = parts.connection;
    this.#follower = parts.follower;
    this.#state = parts.state;
    this.#items = parts.items;
    this.#now = parts.now;
    this.#log = parts.log;
    this.#onWritten = parts.onWritten;
    this.#onWrite = parts.onWrite;
    this.#moreComes = parts.moreComes ?? (() => false);
  }

  async commit(write: Write): Promise<Outcome> {
    const [outcome] = await this.#enqueue([write], false);
    return outcome!;
  }

  async commitAll(writes: readonly Write[]): Promise<AllOutcome> {
    if (!writes.length) return { ok: true, stored: [] };
    if (writes.length > MAX_WAITING) throw new Error(`commitAll of ${writes.length} writes, at most ${MAX_WAITING}`);
    if (new Set(writes.map(keyOf)).size < writes.length) throw new Error('commitAll with two writes of one key');
    const outcomes = await this.#enqueue(writes, true);
    const index = outcomes.findIndex((outcome) => outcome && !outcome.ok);
    if (index >= 0) return { ok: false, index, outcome: outcomes[index] as Outcome & { ok: false } };
    return { ok: true, stored: outcomes.map((outcome) => (outcome as Outcome & { ok: true }).stored) };
  }

  /** What is under way is finished, what waits is refused. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#lingering);
    for (const job of this.#waiting.splice(0)) job.reject(new StoreUnavailable('the store is closed'));
    await this.#busy;
  }

  #enqueue(writes: readonly Write[], atomic: boolean): Promise<Outcome[]> {
    if (this.#closed) return Promise.reject(new StoreUnavailable('the store is closed'));
    if (this.#waiting.length >= MAX_WAITING)
      return Promise.reject(new StoreUnavailable(`${MAX_WAITING} writes are waiting`));
    let bytes = 0;
    for (const write of writes) {
      if (write.type === 'delete') continue;
      bytes += write.body.length;
      const head = write.body.toString('latin1', 0, HEAD.length);
      if (head !== HEAD) return Promise.reject(new Error(`a body must begin with ${HEAD}: ${head}`));
    }
    let prepared: readonly Prepared[];
    try {
      prepared = this.#sealed(writes);
    } catch (error) {
      return Promise.reject(error as Error);
    }
    return new Promise((resolve, reject) => {
      const patience = atomic ? 0 : (writes[0]?.patience ?? 0);
      this.#waiting.push({ writes: prepared, atomic, bytes, patience, since: performance.now(), resolve, reject });
      this.#schedule(patience);
    });
  }

  /** The writes, with what is stored in their place where that is sealed. Throws SealFailed, before anything is written. */
  #sealed(writes: readonly Write[]): readonly Prepared[] {
    let prepared: Prepared[] | undefined;
    for (const [i, write] of writes.entries()) {
      const sealed = this.#items.seal(write);
      if (!sealed) continue;
      prepared ??= [...writes];
      prepared[i] = { ...write, sealed };
    }
    return prepared ?? writes;
  }

  /** At the end of this turn of the event loop, so that what becomes ready in one turn goes together; later for the patient. */
  #schedule(patience: number): void {
    if (this.#scheduled || this.#busy) return;
    if (patience > 0 && this.#waiting.length < MAX_WRITES) {
      this.#lingering ??= setTimeout(() => this.#hurry(), patience);
    } else this.#hurry();
  }

  #hurry(): void {
    clearTimeout(this.#lingering);
    this.#lingering = undefined;
    this.#scheduled = true;
    setImmediate(this.#begin);
  }

  readonly #begin = (): void => {
    if (this.#isHeld()) return void setImmediate(this.#begin);
    this.#scheduled = false;
    if (this.#busy || !this.#waiting.length) return;
    const jobs = this.#take();
    this.#busy = this.#write(jobs).finally(() => {
      this.#busy = undefined;
      this.#follower.inFlight = undefined;
      if (this.#waiting.length) this.#schedule(this.#patience());
    });
    this.#follower.inFlight = this.#busy;
  };

  /**
   * Requests that came together and had to take turns of the loop are written together all the same: once in two
   * statements they would come back as two halves, and stay so.
   */
  #isHeld(): boolean {
    const first = this.#waiting[0];
    if (!first || this.#waiting.length >= MAX_WRITES || !this.#moreComes()) return false;
    return performance.now() - first.since < HOLD_MS;
  }

  /** Of the most impatient that waits. */
  #patience(): number {
    let least = Infinity;
    for (const { patience } of this.#waiting) {
      if (patience < least) least = patience;
      if (least === 0) break;
    }
    return least;
  }

  /** The next statement's jobs: in order, one write of a key, an all-or-nothing job alone. */
  #take(): Job[] {
    if (this.#waiting[0]?.atomic) return this.#waiting.splice(0, 1);
    const taken: Job[] = [];
    const rest: Job[] = [];
    const keys = new Set<string>();
    let bytes = 0;
    let i = 0;
    for (; i < LOOK_AHEAD && taken.length < MAX_WRITES; i++) {
      const job = this.#waiting[i];
      if (!job || job.atomic || (taken.length && bytes + job.bytes > MAX_BYTES)) break;
      const key = keyOf(job.writes[0]!);
      if (keys.has(key)) rest.push(job);
      else {
        keys.add(key);
        taken.push(job);
        bytes += job.bytes;
      }
    }
    this.#waiting = rest.length ? rest.concat(this.#waiting.slice(i)) : this.#waiting.slice(i);
    return taken;
  }

  async #write(jobs: Job[]): Promise<void> {
    const writes = jobs.flatMap((job) => job.writes as Prepared[]);
    const atomic = jobs[0]?.atomic ?? false;
    let result: Result;
    try {
      result = await this.#send(writes, atomic);
    } catch (error) {
      if (jobs.length > 1 && !(error instanceof StoreUnavailable)) {
        // one of them is at fault, and only that one shall fail
        for (const job of jobs) await this.#write([job]);
        return;
      }
      if (!(error instanceof StoreUnavailable)) this.#log('a write failed', { error: (error as Error).message });
      this.#tell(jobs, false);
      for (const job of jobs) job.reject(error);
      return;
    }
    this.#tell(jobs, true);
    const verdicts = this.#read(writes, atomic, result);
    const changes = verdicts.filter((verdict) => verdict !== undefined && 'revision' in verdict);
    const applied = changes.length ? this.#follower.own(changes) : Promise.resolve();
    if (changes.length) this.#onWritten();
    // a refusal shows what it met, so the cache must have come to what the statement saw
    const seen = changes.length < writes.length ? this.#follower.reach(result.seen) : applied;
    let n = 0;
    for (const job of jobs) {
      const mine = verdicts.slice(n, (n += job.writes.length));
      // not awaited: the next statement goes while this one's revisions are waited for
      Promise.all([applied, mine.some((verdict) => verdict && 'found' in verdict) ? seen : undefined])
        .then(() => job.resolve(job.writes.map((write, i) => this.#outcome(write, mine[i]) as Outcome)))
        .catch((error: unknown) => job.reject(error));
    }
    seen.catch(() => undefined);
  }

  #tell(jobs: readonly Job[], answered: boolean): void {
    if (!this.#onWrite) return;
    const now = performance.now();
    for (const { writes, since } of jobs)
      for (const { type, resource } of writes) this.#onWrite(type, resource, now - since, answered);
  }

  /** Once as it is; when another process was faster, again with the counter locked first. */
  async #send(writes: readonly Prepared[], atomic: boolean): Promise<Result> {
    const statement = { name: 'commit', text: commit, values: commitParameters(writes, atomic, this.#now()) };
    try {
      return await this.#connection.one<Result>(statement);
    } catch (error) {
      if (!isRace(error)) throw error;
    }
    await this.#connection.query({ text: 'BEGIN' });
    try {
      await this.#connection.query({ text: lockCounter });
      const result = await this.#connection.one<Result>(statement);
      await this.#connection.query({ text: 'COMMIT' });
      return result;
    } catch (error) {
      await this.#connection.query({ text: 'ROLLBACK' }).catch(() => undefined);
      throw error;
    }
  }

  #read(writes: readonly Prepared[], atomic: boolean, result: Result): Verdict[] {
    const refused = new Map(result.failed?.map((n, i) => [n - 1, { found: result.found?.[i] ?? null }]));
    const written = result.last === null || (atomic && refused.size) ? 0 : writes.length - refused.size;
    let revision = (result.last ?? 0) - written;
    return writes.map((write, n) => {
      if (!written || refused.has(n)) return refused.get(n);
      revision += 1;
      const { resource, namespace, name } = write;
      if (write.type === 'delete') return { resource, namespace, name, type: 'DELETED', revision, item: undefined };
      const kept = write.type === 'update' && write.body.length >= KEPT_FROM ? write.object : undefined;
      const item = this.#items.written(write, revision, kept);
      const type = write.type === 'create' ? 'ADDED' : 'MODIFIED';
      return { resource, namespace, name, type, revision, item };
    });
  }

  #outcome(write: Write, verdict: Verdict): Outcome | undefined {
    if (!verdict) return undefined;
    if ('found' in verdict) {
      const why = write.type === 'create' ? 'exists' : verdict.found === null ? 'missing' : 'changed';
      return { ok: false, why, current: this.#state.cache.get(write) };
    }
    const stored = verdict.item ?? this.#state.eventAt(verdict.revision)?.stored;
    if (!stored) throw new StoreUnavailable('the state was loaded anew meanwhile; the deletion is done');
    return { ok: true, stored };
  }
}

/** A unique or not-null violation of the statement's own making, or what a server with other isolation says. */
const isRace = (error: unknown): boolean =>
  ['23505', '23502', '40001', '40P01'].includes((error as { code?: string }).code ?? '');
