import type { Connection, Log } from './connection.ts';
import type { Follower } from './follower.ts';
import { heartbeat, notify, readCounter, type CounterRow, type HeartbeatRow } from './sql/counter.ts';
import type { State } from './state.ts';

/** Between heartbeats, and while others may not yet know that we listen. */
const HEARTBEAT_MS = 1_000;
const EAGER_MS = 50;
/** For so long after the number of processes changed. */
const EAGER_FOR_MS = 3_000;
/** Notifications of one burst of writes are one. */
const NOTIFY_MS = 2;

/**
 * Keeps in touch with what other processes commit. A consistent read asks the counter; without any read, a
 * notification wakes the follower, which is sent only when somebody else listens; and a heartbeat makes up for
 * notifications that were lost, and brings the connections back after an outage.
 */
export class Presence {
  readonly #connection: Connection;
  readonly #listener: Connection;
  readonly #follower: Follower;
  readonly #state: State;
  readonly #log: Log;
  #processes = 0;
  #eagerUntil = 0;
  #beat: NodeJS.Timeout | undefined;
  #notifying: NodeJS.Timeout | undefined;
  #asking: Promise<number> | undefined;
  #next: Promise<number> | undefined;
  #closed = false;
  #away = false;

  constructor(parts: { connection: Connection; listener: Connection; follower: Follower; state: State; log: Log }) {
    this.#connection = parts.connection;
    this.#listener = parts.listener;
    this.#follower = parts.follower;
    this.#state = parts.state;
    this.#log = parts.log;
  }

  async start(): Promise<void> {
    await this.#listener.connect();
    await this.#heartbeat();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#beat);
    clearTimeout(this.#notifying);
  }

  /**
   * Everything that was committed before the call is in the cache when this resolves. Calls share one read of the
   * counter, but never one that began before the call.
   */
  fresh(): Promise<number> {
    this.#next ??= this.#ask();
    return this.#next;
  }

  async #ask(): Promise<number> {
    // those who come while a read is under way join here; with none, those of this turn of the event loop do
    await (this.#asking?.catch(() => undefined) ?? new Promise(setImmediate));
    const asking = this.#read();
    this.#asking = asking;
    this.#next = undefined;
    const revision = await asking;
    await this.#follower.reach(revision);
    return revision;
  }

  async #read(): Promise<number> {
    const before = this.#state.revision;
    const row = await this.#connection.one<CounterRow>({ name: 'counter', text: readCounter });
    if (row.revision < before) this.#follower.wentBack();
    return row.revision;
  }

  /** After own commits. */
  written(): void {
    if (this.#processes < 2 || this.#notifying || this.#closed) return;
    this.#notifying = setTimeout(() => {
      this.#notifying = undefined;
      // best effort: the others' heartbeat is behind it
      this.#connection.query({ text: notify }).catch(() => undefined);
    }, NOTIFY_MS);
  }

  /** A notification has come. */
  notified(): void {
    this.fresh().catch(() => undefined);
  }

  async #heartbeat(): Promise<void> {
    clearTimeout(this.#beat);
    try {
      const before = this.#state.revision;
      await this.#listener.connect();
      const row = await this.#connection.one<HeartbeatRow>({ name: 'heartbeat', text: heartbeat });
      this.#follower.sawCompacted(row.compacted);
      this.#follower.sawConfidential(row.confidential);
      if (row.revision < before) this.#follower.wentBack();
      else await this.#follower.reach(row.revision);
      if (row.processes !== this.#processes) this.#eagerUntil = row.processes > 1 ? Date.now() + EAGER_FOR_MS : 0;
      this.#processes = row.processes;
      if (this.#away) this.#log('Postgres is back');
      this.#away = false;
    } catch (error) {
      if (!this.#away && !this.#closed) this.#log('Postgres does not answer', { error: (error as Error).message });
      this.#away = true;
    }
    if (this.#closed) return;
    const soon = this.#away || Date.now() < this.#eagerUntil;
    this.#beat = setTimeout(() => void this.#heartbeat(), soon ? EAGER_MS : HEARTBEAT_MS);
    this.#beat.unref();
  }
}
