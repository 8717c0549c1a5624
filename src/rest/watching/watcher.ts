import type { WatchEvent, WatchSink } from '../../api/contract.ts';
import { isTurnOver, nextTurn } from '../../api/fairness/turns.ts';
import type { StatusError } from '../../meta/status.ts';
import type { Stored } from '../../store/contract.ts';
import type { Framer } from './frames.ts';
import type { Share } from './shares.ts';

/** Where a watch's bytes go: an HTTP answer or a web socket. */
export interface WatchOutput {
  /** one write; several frames may be in it, and of a large one a part: `more` of the last of them comes with the next write */
  write(frames: Buffer[][], more: boolean): void;
  /** bytes that the connection has not taken yet */
  pending(): number;
  /** calls back once when the connection has taken what was written */
  onDrain(callback: () => void): void;
  end(): void;
  /** without ceremony: the client is too slow */
  cut(): void;
}

/** A watcher with more than this waiting, beyond its initial events, is cut: it can list again. */
export const MAX_WAITING = 8 * 1024 * 1024;
/** So many sent events may stay at the front of the queue before it is cut down. */
const COMPACT_FROM = 4096;

/** ms that who has lost the right to watch has to take the end of it */
const LOST_MS = 500;

const isLost = ({ code }: StatusError): boolean => code === 401 || code === 403;

type Item = WatchEvent | { bookmark: number; initialEventsEnd: boolean };

const sizeOf = (frame: readonly Buffer[]): number => frame.reduce((sum, { length }) => sum + length, 0);

/**
 * Takes events as they come and writes them as fast as the client reads. Waiting events are references to objects that
 * the cache holds anyway and are encoded when it is their turn, so that a large initial state costs no memory. What has
 * been encoded is bounded by the watch's share of what its user may have; a frame that is larger goes out in parts.
 */
export class Watcher implements WatchSink {
  /** the initial state, before all that is in the queue */
  private first: readonly Stored[] = [];
  private firstAt = 0;
  private queue: Item[] = [];
  private at = 0;
  /** what has not been written of a frame that has begun */
  private rest: Buffer[] | undefined;
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
    private readonly share: Share,
    private readonly hooks: {
      statusOf(error: unknown): StatusError;
      onClose(reason: 'end' | 'slow'): void;
      onSent(events: number): void;
    },
  ) {}

  onInitial(items: readonly Stored[]): void {
    if (this.ended) return;
    this.first = items;
    for (const { bytes } of items) this.allowance += bytes.length;
    this.schedule();
  }

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
    this.forget();
    this.rest = undefined;
    this.share.close();
    this.hooks.onClose(reason);
  }

  /**
   * The caller may not see any more: what waits is not sent, whatever it is that keeps it waiting, but for what makes a
   * frame whole that has begun. Who does not take the end within a moment is cut, as what is on its way to him would keep
   * the connection.
   */
  private lose(error: StatusError): void {
    this.forget();
    this.over = { error };
    const cut = setTimeout(() => this.output.cut(), LOST_MS);
    cut.unref();
    if (!this.initial) this.finish(this.over);
    else this.schedule();
  }

  private forget(): void {
    this.first = [];
    this.firstAt = 0;
    this.queue = [];
    this.at = 0;
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
    const most = this.share.size;
    if (this.output.pending() >= most || isTurnOver()) return this.goOn();
    const frames: Buffer[][] = [];
    let size = 0;
    let sent = 0;
    while (size < most) {
      // all watchers have one turn together
      if (sent && isTurnOver()) break;
      if (!this.rest && !this.hasRoom(most)) break;
      const frame = this.rest ?? this.next();
      if (!frame) break;
      if (!this.rest) sent++;
      frames.push(this.begin(frame, most));
      size += sizeOf(frames.at(-1)!);
      if (this.rest) break;
    }
    if (frames.length) {
      this.output.write(frames, this.rest !== undefined);
      this.hooks.onSent(sent);
    }
    this.goOn();
  }

  private get hasMore(): boolean {
    return this.rest !== undefined || this.firstAt < this.first.length || this.at < this.queue.length;
  }

  /** What a frame that nobody else has would take of the user's memory is taken by few at a time. */
  private hasRoom(most: number): boolean {
    if (this.framer.shared) return true;
    const item = this.first[this.firstAt] ?? this.queue[this.at];
    const bytes = item && 'stored' in item ? item.stored.bytes.length : item && 'bytes' in item ? item.bytes.length : 0;
    return bytes <= most || this.share.hasRoom(this.resume);
  }

  /** The next frame, taken from what waits. */
  private next(): Buffer[] | undefined {
    const stored = this.first[this.firstAt];
    if (stored) {
      if (++this.firstAt === this.first.length) {
        this.first = [];
        this.firstAt = 0;
      }
      return this.framer.event({ type: 'ADDED', stored });
    }
    const item = this.queue[this.at];
    if (!item) return undefined;
    if (++this.at === this.queue.length) {
      this.queue = [];
      this.at = 0;
    } else if (this.at > COMPACT_FROM) {
      this.queue = this.queue.slice(this.at);
      this.at = 0;
    }
    if ('bookmark' in item) return this.framer.bookmark(item.bookmark, item.initialEventsEnd);
    this.waiting -= item.stored.bytes.length;
    return this.framer.event(item);
  }

  /** What is written now of a frame: all of it, or as much as a share, and the rest waits. */
  private begin(frame: Buffer[], most: number): Buffer[] {
    const begun = this.rest !== undefined;
    this.rest = undefined;
    const size = sizeOf(frame);
    if (size <= most) {
      if (begun) this.share.release();
      return frame;
    }
    const now: Buffer[] = [];
    const rest: Buffer[] = [];
    let room = most;
    for (const part of frame) {
      if (room > 0) now.push(part.subarray(0, room));
      if (part.length > room) rest.push(part.subarray(Math.max(0, room)));
      room -= part.length;
    }
    this.rest = rest;
    if (!begun && !this.framer.shared) this.share.hold(size);
    return now;
  }

  private goOn(): void {
    const full = this.output.pending() >= this.share.size;
    if (!full && !this.hasMore) {
      if (this.over) this.finish(this.over);
      return;
    }
    if (!full && !this.rest && !this.hasRoom(this.share.size)) return;
    this.draining = true;
    this.share.behind = full;
    if (full) this.output.onDrain(this.resume);
    else void nextTurn().then(this.resume);
  }

  private readonly resume = (): void => {
    this.draining = false;
    this.share.behind = false;
    this.pump();
  };

  private finish({ error }: { error?: StatusError }): void {
    const frames = this.rest ? [this.rest] : [];
    if (error) frames.push(this.framer.error(error.status));
    if (frames.length) this.output.write(frames, false);
    this.output.end();
    this.close();
  }
}
