import { Channel } from '../meta/channel.ts';
import { tooManyRequests } from '../meta/status.ts';

/** Subscriptions that others may join, at once; further ones run alone. */
const MAX_SHARED = 1000;
/** Payloads kept for those who join later, and their bytes; when there have been more, a newcomer starts an execution of its own. */
const MAX_REPLAY = 64;
const MAX_REPLAY_BYTES = 1024 * 1024;
/** Payloads that may wait for one subscriber; a slower one is cut, the others go on. */
const MAX_WAITING = 1024;
/** Payloads that wait for the fastest subscriber before the next one is made: nobody is ahead of what is read by more. */
const AHEAD = 16;

/**
 * One execution for all subscribers of the same document, variables and identity. Who joins gets first what the others
 * have got: the payloads from the start, so that a watch from a revision misses none, whoever started it.
 */
export class SharedSubscriptions<T> {
  private readonly shared = new Map<string, Shared<T>>();

  /** @param sizeOf bytes that a payload keeps from being freed */
  constructor(private readonly sizeOf: (payload: T) => number) {}

  get size(): number {
    return this.shared.size;
  }

  /** @param start makes the execution; called only when there is none to join */
  join(key: string, start: () => AsyncIterableIterator<T>): AsyncIterableIterator<T> {
    let shared = this.shared.get(key);
    if (!shared?.joinable) {
      if (this.shared.size >= MAX_SHARED && !shared) return start();
      const made = new Shared(start(), this.sizeOf, () => {
        if (this.shared.get(key) === made) this.shared.delete(key);
      });
      shared = made;
      this.shared.set(key, made);
    }
    return shared.join();
  }
}

class Shared<T> {
  private readonly readers = new Set<Reader<T>>();
  private resume: (() => void) | undefined;
  private replay: T[] | undefined = [];
  private replayBytes = 0;
  private over = false;

  constructor(
    private readonly source: AsyncIterableIterator<T>,
    private readonly sizeOf: (payload: T) => number,
    private readonly onOver: () => void,
  ) {
    void this.pump();
  }

  get joinable(): boolean {
    return !this.over && this.replay !== undefined;
  }

  join(): Channel<T> {
    const reader = new Reader<T>(() => this.hasRead(reader));
    for (const payload of this.replay ?? []) reader.push(payload);
    this.readers.add(reader);
    reader.closing(() => {
      this.readers.delete(reader);
      if (this.readers.size === 0) this.finish(undefined);
      else this.resume?.();
    });
    return reader;
  }

  private async pump(): Promise<void> {
    try {
      for (;;) {
        const next = await this.source.next();
        if (next.done || this.over) return this.finish(undefined);
        this.keep(next.value);
        for (const reader of this.readers) reader.push(next.value);
        while (!this.over && this.isAhead()) await new Promise<void>((resolve) => (this.resume = resolve));
      }
    } catch (error) {
      this.finish(error);
    }
  }

  private keep(payload: T): void {
    if (!this.replay) return;
    this.replayBytes += this.sizeOf(payload);
    if (this.replay.push(payload) > MAX_REPLAY || this.replayBytes > MAX_REPLAY_BYTES) this.replay = undefined;
  }

  private isAhead(): boolean {
    for (const reader of this.readers) if (reader.size < AHEAD) return false;
    return true;
  }
  private hasRead(reader: Reader<T>): void {
    if (reader.size < AHEAD) this.resume?.();
  }

  private finish(error: unknown): void {
    if (this.over) return;
    this.over = true;
    this.resume?.();
    this.replay = undefined;
    this.onOver();
    for (const reader of this.readers) reader.end(error);
    this.readers.clear();
    void this.source.return?.();
  }
}

/** A subscriber, who tells when it has taken a payload. */
class Reader<T> extends Channel<T> {
  constructor(private readonly hasRead: () => void) {
    super(MAX_WAITING, () => tooManyRequests('the subscription is read too slowly', 1));
  }
  override next(): Promise<IteratorResult<T>> {
    const next = super.next();
    this.hasRead();
    return next;
  }
}
