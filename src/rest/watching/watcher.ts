import type { WatchEvent, WatchSink } from '../../api/contract.ts';
import { isTurnOver, nextTurn } from '../../api/fairness/turns.ts';
import type { StatusError } from '../../meta/status.ts';
import type { Framer } from './frames.ts';

/** Where a watch's bytes go: an HTTP answer or a web socket. */
export interface WatchOutput {
  /** one write; several frames may be in it */
  write(frames: Buffer[][]): void;
  /** bytes that the connection has not taken yet */
  pending(): number;
  /** calls back once when the connection takes bytes again */
  onDrain(callback: () => void): void;
  end(): void;
  /** without ceremony: the client is too slow */
  cut(): void;
}

/** A watcher with more than this waiting, beyond its initial events, is cut: it can list again. */
export const MAX_WAITING = 8 * 1024 * 1024;
/** No more than this is encoded ahead of the connection, and at one go, nor longer than a turn of the loop. */
const HIGH_WATER = 256 * 1024;

/** So many sent events may stay at the front of the queue before it is cut down. */
const COMPACT_FROM = 4096;

/** ms that who has lost the right to watch has to take the end of it */
const LOST_MS = 500;

const isLost = ({ code }: StatusError): boolean => code === 401 || code === 403;

type Item = WatchEvent | { bookmark: number; initialEventsEnd: boolean };

/**
 * Takes events as they come and writes them as fast as the client reads. Waiting events are references to objects that
 * the cache holds anyway and are encoded when it is their turn, so that a large initial state costs no memory.
 */
export class Watcher implements WatchSink {
  private queue: Item[] = [];
  private at = 0;
  private waiting = 0;
  /** what may wait: grows by what came as initial state */
  private allowance = MAX_WAITING;
  private initial = true;
  private draining = false;
  private scheduled = false;
  private over: { error?: StatusError } | undefined;
  ended = false;

  constructor(
    private readonly framer: Framer,
    private readonly output: WatchOutput,
    private readonly hooks: {
      statusOf(error: unknown): StatusError;
      onClose(reason: 'end' | 'slow'): void;
      onSent(events: number): void;
    },
  ) {}

  onEvents(events: readonly WatchEvent[]): void {
    if (this.ended) return;
    let size = 0;
    for (const event of events) {
      this.queue.push(event);
      size += event.stored.bytes.length;
    }
    this.waiting += size;
    if (this.initial) this.allowance += size;
    else if (this.waiting > this.allowance) return this.cut();
    this.schedule();
  }

  onBookmark(bookmark: number, initialEventsEnd: boolean): void {
    if (this.ended) return;
    // of bookmarks in a row only the last says something
    const last = this.queue[this.queue.length - 1];
    if (last && 'bookmark' in last && this.queue.length > this.at && !last.initialEventsEnd && !initialEventsEnd)
      this.queue.pop();
    this.queue.push({ bookmark, initialEventsEnd });
    this.schedule();
  }

  onEnd(error?: Error): void {
    if (this.over) return;
    const status = error && this.hooks.statusOf(error);
    if (status && isLost(status)) return this.lose(status);
    this.over = { ...(status && { error: status }) };
    this.schedule();
  }

  /** The watch is open and its initial state has been told: what comes from now on counts as live. */
  live(): void {
    this.initial = false;
  }

  close(reason: 'end' | 'slow' = 'end'): void {
    if (this.ended) return;
    this.ended = true;
    this.queue = [];
    this.hooks.onClose(reason);
  }

  /**
   * The caller may not see any more: what waits is not sent, whatever it is that keeps it waiting. Who does not take the
   * end within a moment is cut, as what is on its way to him would keep the connection.
   */
  private lose(error: StatusError): void {
    this.queue = [];
    this.at = 0;
    this.over = { error };
    const cut = setTimeout(() => this.output.cut(), LOST_MS);
    cut.unref();
    if (!this.initial) this.finish(this.over);
    else this.schedule();
  }

  private cut(): void {
    this.close('slow');
    this.output.cut();
  }

  /** One write per turn of the loop, with all that came in it. */
  private schedule(): void {
    if (this.scheduled || this.draining || this.ended) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      this.pump();
    });
  }

  private pump(): void {
    if (this.ended) return;
    if (this.output.pending() >= HIGH_WATER || isTurnOver()) return this.goOn();
    const frames: Buffer[][] = [];
    let size = 0;
    let sent = 0;
    while (this.at < this.queue.length && size < HIGH_WATER) {
      // all watchers have one turn together
      if (sent && isTurnOver()) break;
      const item = this.queue[this.at++]!;
      const frame =
        'bookmark' in item ? this.framer.bookmark(item.bookmark, item.initialEventsEnd) : this.framer.event(item);
      if ('stored' in item) {
        this.waiting -= item.stored.bytes.length;
        sent++;
      }
      for (const part of frame) size += part.length;
      frames.push(frame);
    }
    if (this.at === this.queue.length) {
      this.queue = [];
      this.at = 0;
    } else if (this.at > COMPACT_FROM) {
      this.queue = this.queue.slice(this.at);
      this.at = 0;
    }
    if (frames.length) {
      this.output.write(frames);
      this.hooks.onSent(sent);
    }
    this.goOn();
  }

  private goOn(): void {
    const full = this.output.pending() >= HIGH_WATER;
    if (!full && this.queue.length === 0) {
      if (this.over) this.finish(this.over);
      return;
    }
    this.draining = true;
    const resume = () => {
      this.draining = false;
      this.pump();
    };
    if (full) this.output.onDrain(resume);
    else void nextTurn().then(resume);
  }

  private finish({ error }: { error?: StatusError }): void {
    if (error) this.output.write([this.framer.error(error.status)]);
    this.output.end();
    this.close();
  }
}
