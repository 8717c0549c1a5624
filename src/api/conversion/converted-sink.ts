import type { Kind } from '../../kinds/kind.ts';
import { expired } from '../../meta/status.ts';
import type { WatchEvent, WatchSink } from '../contract.ts';
import type { Core } from '../core.ts';
import type { Stored } from '../../store/contract.ts';
import { inKindsVersion } from './stored-version.ts';

/** Events that may wait for a webhook; a watcher that is further behind begins anew. */
const MAX_WAITING = 10_000;

/**
 * Passes a watch on in the version of its kind: what comes waits, in its order, until the webhook has converted it. A
 * webhook that fails ends the watch, of which `ended` is told.
 */
export class ConvertedSink implements WatchSink {
  private line: Promise<void> = Promise.resolve();
  private waiting = 0;
  private over = false;

  constructor(
    private readonly core: Core,
    private readonly kind: Kind,
    private readonly sink: WatchSink,
    private readonly ended: () => void,
  ) {}

  /** Nobody listens any more: what waits is not converted. */
  close(): void {
    this.over = true;
  }

  onInitial(items: readonly Stored[]): void {
    this.next(async () => {
      const converted = await inKindsVersion(this.core, this.kind, items);
      if (this.over) return;
      if (this.sink.onInitial) this.sink.onInitial(converted);
      else if (converted.length) this.sink.onEvents(converted.map((stored) => ({ type: 'ADDED', stored })));
    });
  }
  onEvents(events: readonly WatchEvent[]): void {
    this.waiting += events.length;
    if (this.waiting > MAX_WAITING)
      return this.finish(expired('The resourceVersion for the provided watch is too old.'));
    this.next(async () => {
      const converted = await this.converted(events);
      this.waiting -= events.length;
      if (!this.over) this.sink.onEvents(converted);
    });
  }
  onBookmark(revision: number, initialEventsEnd: boolean): void {
    this.next(() => this.sink.onBookmark(revision, initialEventsEnd));
  }
  onProgress(revision: number): void {
    this.next(() => this.sink.onProgress?.(revision));
  }
  onEnd(error?: Error): void {
    // who has lost the right to watch is told at once
    if (error) this.finish(error);
    else this.next(() => this.finish());
  }

  private async converted(events: readonly WatchEvent[]): Promise<WatchEvent[]> {
    const before = events.flatMap(({ previous }) => previous ?? []);
    const items = [...new Set([...events.map(({ stored }) => stored), ...before])];
    const found = new Map<Stored, Stored>();
    (await inKindsVersion(this.core, this.kind, items)).forEach((made, i) => {
      const item = items[i];
      if (item) found.set(item, made);
    });
    return events.map(({ type, stored, previous }) => ({
      type,
      stored: found.get(stored) ?? stored,
      previous: previous && found.get(previous),
    }));
  }

  private next(step: () => void | Promise<void>): void {
    this.line = this.line.then(() => (this.over ? undefined : step())).catch((error: Error) => this.finish(error));
  }

  private finish(error?: Error): void {
    if (this.over) return;
    this.over = true;
    this.ended();
    this.sink.onEnd(error);
  }
}
