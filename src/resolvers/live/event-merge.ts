import type { Target, WatchEvent, WatchSink } from '../../api/contract.ts';
import { ConversionFailed } from '../../api/conversion/convert.ts';
import { Slice } from '../../api/fairness/turns.ts';
import type { Kind } from '../../kinds/kind.ts';
import { expired, type Status } from '../../meta/status.ts';
import type { Filter } from '../where/filter.ts';
import { objectFor } from '../where/object-for.ts';
import { Bookmark, KindEnd, StoredEvent, type ObjectEvent } from './object-event.ts';

/** One of the watches that are told as one. */
export interface MergeSource {
  readonly kind: Kind;
  readonly target: Target;
  /** beyond what the watch selects; undefined: all */
  readonly filter: Filter | undefined;
}

export interface MergeOptions {
  readonly bookmarks: boolean | null | undefined;
  readonly managedFields: boolean | null | undefined;
  /** the state comes first */
  readonly state: boolean;
  /** the revision that it begins at, and until which there is something to tell at the beginning; 0: the state comes first */
  readonly from: number;
  readonly newest: number;
}

/** Events that wait for what happened before them; a watch that is so far behind begins anew. */
const MAX_WAITING = 50_000;

interface Waiting {
  readonly source: MergeSource;
  /** 0: of the state */
  readonly revision: number;
  /** undefined: a bookmark */
  readonly event: WatchEvent | undefined;
  /** of its kind nothing comes any more */
  readonly status?: Status;
}

/**
 * Several watches as one, whose events come in the order in which they happened, and what filters take of one. An object
 * that begins to match is ADDED and one that ceases to is DELETED, as with selectors. Others have their turn meanwhile.
 */
export class EventMerge {
  private waiting: Waiting[] = [];
  /** those that have not told yet what happened before the newest revision at the beginning, or their state */
  private readonly behind: Set<MergeSource>;
  private readonly progress = new Map<MergeSource, number>();
  /** those that have not ended */
  private readonly open: Set<MergeSource>;
  private told = 0;
  private scheduled = false;

  constructor(
    sources: readonly MergeSource[],
    private readonly out: {
      push(events: readonly ObjectEvent[], initial: boolean): void;
      end(error?: Error): void;
    },
    private readonly options: MergeOptions,
  ) {
    this.behind = new Set(sources);
    this.open = new Set(sources);
  }

  sink(source: MergeSource, onEnd: (error?: Error) => void): WatchSink {
    const { newest } = this.options;
    let isState = this.options.state;
    let seen = this.options.from;
    const isOver = (): boolean => !this.open.has(source);
    const reached = (revision: number): void => {
      if (!isState && revision >= newest && this.behind.delete(source)) this.schedule();
    };
    return {
      onEvents: (events) => {
        if (isOver()) return undefined;
        for (const event of events) this.waiting.push({ source, event, revision: isState ? 0 : event.stored.revision });
        if (this.waiting.length > MAX_WAITING) return onEnd(expired('the watch is too far behind'));
        if (!isState) seen = events.at(-1)?.stored.revision ?? seen;
        reached(events.at(-1)?.stored.revision ?? 0);
        return this.schedule();
      },
      onProgress: reached,
      onBookmark: (revision, initialEventsEnd) => {
        if (isOver()) return;
        if (initialEventsEnd) isState = false;
        seen = revision;
        this.progress.set(source, revision);
        reached(Math.max(revision, initialEventsEnd ? newest : 0));
        this.bookmark(source, initialEventsEnd);
      },
      onEnd: (error) => {
        if (isOver()) return undefined;
        const isOne = [...this.open].every(({ kind }) => kind === source.kind);
        if (!(error instanceof ConversionFailed) || isOne) return onEnd(error);
        return this.endOf(source.kind, { source, event: undefined, revision: seen, status: error.status });
      },
    };
  }

  /** A kind that cannot be told any more ends by itself. */
  private endOf(kind: Kind, told: Waiting): void {
    for (const source of [...this.open].filter((one) => one.kind === kind)) {
      this.open.delete(source);
      this.behind.delete(source);
      this.progress.delete(source);
    }
    this.waiting.push(told);
    this.schedule();
    // others may have waited for it
    const [other] = this.open;
    if (other) this.bookmark(other, this.options.state && this.told === 0);
  }

  /** How far all are. */
  private bookmark(source: MergeSource, initialEventsEnd: boolean): void {
    if (!this.options.bookmarks || this.progress.size < this.open.size) return;
    const revision = Math.min(...this.progress.values());
    if (revision <= this.told) return;
    this.told = revision;
    this.waiting.push({ source, event: undefined, revision: initialEventsEnd ? 0 : revision });
    this.schedule();
  }

  private schedule(): void {
    if (this.scheduled || this.behind.size > 0) return;
    this.scheduled = true;
    // what several watches are told of one commit comes in this turn
    queueMicrotask(() => void this.flush());
  }

  private async flush(): Promise<void> {
    const slice = new Slice();
    const { newest } = this.options;
    try {
      while (this.waiting.length) {
        const next = this.waiting.sort((a, b) => a.revision - b.revision);
        this.waiting = [];
        let events: ObjectEvent[] = [];
        for (const [i, one] of next.entries()) {
          const event = this.eventOf(one);
          if (event) events.push(event);
          const isInitial = one.revision <= newest;
          const isEnd = isInitial && (next[i + 1]?.revision ?? Infinity) > newest;
          if (!isEnd && !slice.over) continue;
          this.out.push(events, isInitial);
          events = [];
          if (slice.over) await slice.next();
        }
        this.out.push(events, false);
      }
    } catch (error) {
      this.out.end(error as Error);
    } finally {
      this.scheduled = false;
    }
  }

  private eventOf({ source: { kind, filter }, event, revision, status }: Waiting): ObjectEvent | undefined {
    if (status) return new KindEnd(kind, revision, status);
    if (!event) return new Bookmark(kind, this.told, revision === 0);
    const seen = filter ? through(filter, kind, event) : event;
    return seen && new StoredEvent(kind, seen, this.options.managedFields ?? true);
  }
}

/** What a watcher sees of an event that only sees what a filter takes. */
function through(filter: Filter, kind: Kind, { type, stored, previous }: WatchEvent): WatchEvent | undefined {
  const is = type !== 'DELETED' && filter.matches(objectFor(kind, stored));
  const was = type !== 'ADDED' && filter.matches(objectFor(kind, previous ?? stored));
  if (is) return { type: was ? 'MODIFIED' : 'ADDED', stored, previous };
  if (!was) return undefined;
  const last = type === 'DELETED' ? stored : (previous?.deletedAt?.(stored.revision) ?? stored);
  return { type: 'DELETED', stored: last, previous };
}
