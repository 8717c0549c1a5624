import type { Timers } from '../../rules/clock.ts';
import { sizeOf, type LogLine } from './log-line.ts';

/** ms for which a log that has just told something is waited for, as its next line may be older than those of others. */
const WAIT_MS = 50;
/** Lines and bytes that one payload has. */
const PAYLOAD_LINES = 500;
const PAYLOAD_BYTES = 64 * 1024;
/** Bytes that wait of one log, from which on no more of it is read. */
const SOURCE_BYTES = 64 * 1024;

/** A log that is merged, and its lines that wait. */
interface Source {
  lines: LogLine[];
  at: number;
  bytes: number;
  over: boolean;
  /** it may have more at once, which is worth waiting for */
  expected: boolean;
  /** goes on reading */
  wake: (() => void) | undefined;
}

export interface LogSink {
  /** nobody could take more: `pump` says when that may have changed */
  readonly full: boolean;
  push(lines: readonly LogLine[], bytes: number): void;
}

/**
 * Several logs as one, by time: the oldest line of all comes next. One that is quiet holds the others up for a moment
 * only. What is not taken is not read: each log waits at its source.
 */
export class LogMerge {
  private readonly sources = new Set<Source>();
  private waiting: unknown;
  private stopped = false;

  constructor(
    private readonly sink: LogSink,
    private readonly timers: Timers,
  ) {}

  /** Takes a log in, until it ends. Throws what it throws. */
  async add(log: AsyncIterable<LogLine[]>): Promise<void> {
    const source: Source = { lines: [], at: 0, bytes: 0, over: false, expected: true, wake: undefined };
    this.sources.add(source);
    try {
      for await (const lines of log) {
        for (const line of lines) {
          source.lines.push(line);
          source.bytes += sizeOf(line);
        }
        source.expected = true;
        this.pump();
        while (source.bytes > SOURCE_BYTES && !this.stopped)
          await new Promise<void>((resolve) => (source.wake = resolve));
        if (this.stopped) return;
      }
      // what waits is still to be taken
      while (source.bytes > 0 && !this.stopped) {
        source.over = true;
        this.pump();
        if (source.bytes > 0) await new Promise<void>((resolve) => (source.wake = resolve));
      }
    } finally {
      this.sources.delete(source);
      this.pump();
    }
  }

  /** Hands on what can be. */
  pump(): void {
    while (!this.stopped && !this.sink.full) {
      const [lines, bytes] = this.next();
      if (lines.length === 0) break;
      this.sink.push(lines, bytes);
    }
  }

  stop(): void {
    this.stopped = true;
    this.timers.clearTimeout(this.waiting);
    for (const { wake } of this.sources) wake?.();
  }

  private next(): [LogLine[], number] {
    const found: LogLine[] = [];
    let bytes = 0;
    while (found.length < PAYLOAD_LINES && bytes < PAYLOAD_BYTES) {
      const source = this.oldest();
      const line = source?.lines[source.at];
      if (!source || !line) break;
      found.push(line);
      const size = sizeOf(line);
      bytes += size;
      source.at++;
      source.bytes -= size;
      if (source.at === source.lines.length) [source.lines, source.at] = [[], 0];
      if (source.bytes <= SOURCE_BYTES / 2 || source.at === 0) {
        source.wake?.();
        source.wake = undefined;
      }
    }
    return [found, bytes];
  }

  /** Of those that have lines; undefined too where another has to be waited for. */
  private oldest(): Source | undefined {
    let first: Source | undefined;
    let missing = false;
    for (const source of this.sources) {
      const line = source.lines[source.at];
      if (!line) missing ||= source.expected && !source.over;
      else if (!first || line.order < first.lines[first.at]!.order) first = source;
    }
    if (!first || !missing || this.sources.size === 1) return first;
    this.waiting ??= this.timers.setTimeout(() => {
      this.waiting = undefined;
      for (const source of this.sources) if (source.at === source.lines.length) source.expected = false;
      this.pump();
    }, WAIT_MS);
    return undefined;
  }
}
