import type { Event } from '../../../schema/types.ts';
import { timeMicroseconds } from '../../meta/time.ts';
import type { Clock } from '../../rules/clock.ts';
import { Compacted, type Store, type Stored } from '../../store/contract.ts';
import type { LogArchive, LogLine, LogSource } from '../../store/logs/contract.ts';
import { objectAs } from '../object-as.ts';
import { keptLine } from './line.ts';

/** ms between two writes */
const EVERY_MS = 500;
/** Events of one write; those that may wait for the database, beyond which no more are taken until they are written. */
const BOUNDS = { atOnce: 2000, waiting: 20_000 };
/** ms after which it is asked again whether it is this process that collects */
const LEAD_MS = 10_000;

const SCOPE = { resource: 'events' };

const ofNamespace = (namespace: string): LogSource => ({
  kind: 'event',
  node: '',
  namespace,
  pod: '',
  uid: '',
  container: '',
  attempt: 0,
});
/** Its position is the revision up to which all events are written; it has no lines. */
const POSITION: LogSource = { ...ofNamespace(''), container: 'position' };

/**
 * Writes each event, as it was and as it is counted on, into the archive: one process at a time, from the revision up to
 * which it has been done, which moves with what is written.
 */
export class EventCollector {
  private timer: unknown;
  private running: Promise<void> | undefined;
  private closed = false;
  private waiting: Stored[] = [];
  private unwatch: (() => void) | undefined;
  private leadUntil = 0;

  constructor(
    private readonly archive: LogArchive,
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly log: (line: string) => void,
    /** called after lines were written */
    private readonly wrote: () => void,
    private readonly bounds = BOUNDS,
  ) {}

  start(): void {
    this.timer = this.clock.setTimeout(() => {
      this.running = this.round()
        .catch((error: unknown) => {
          this.stop();
          this.log(`logs: events are not collected: ${(error as Error).message}`);
        })
        .finally(() => {
          if (!this.closed) this.start();
        });
    }, EVERY_MS);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.clock.clearTimeout(this.timer);
    await this.running;
    this.stop();
  }

  private stop(): void {
    this.pause();
    this.waiting = [];
  }

  /** Takes no more; what waits is written, and what comes is read from there on. */
  private pause(): void {
    this.unwatch?.();
    this.unwatch = undefined;
  }

  private async round(): Promise<void> {
    if (this.unwatch && !this.waiting.length && this.clock.now() < this.leadUntil) return;
    if (this.clock.now() >= this.leadUntil) {
      if (!(await this.archive.lead('events'))) return this.stop();
      this.leadUntil = this.clock.now() + LEAD_MS;
    }
    const [position] = await this.archive.register([POSITION]);
    if (!position) return;
    if (!this.unwatch && !this.waiting.length) this.begin(Number(position.position || 0));
    while (this.waiting.length && !this.closed) {
      const some = this.waiting.slice(0, endOfRevision(this.waiting, this.bounds.atOnce));
      const until = some.at(-1)!.revision;
      if (!(await this.write(position.id, position.position, until, some))) return this.stop();
      position.position = String(until);
      this.waiting.splice(0, some.length);
      this.wrote();
    }
  }

  /** Watches from where the archive is; where that is forgotten, from what there is. */
  private begin(from: number): void {
    if (from > 0) {
      try {
        this.watch(from);
        return;
      } catch (error) {
        if (!(error instanceof Compacted)) throw error;
      }
    }
    const { items, revision } = this.store.list(SCOPE);
    this.waiting = items.filter((stored) => stored.revision > from).sort((a, b) => a.revision - b.revision);
    this.watch(revision);
  }

  private watch(from: number): void {
    let full = false;
    const unwatch = this.store.watch(SCOPE, from, {
      onEvents: (events) => {
        if (full) return;
        for (const { type, stored } of events) if (type !== 'DELETED') this.waiting.push(stored);
        full = this.waiting.length > this.bounds.waiting;
        if (full) this.pause();
      },
      onEnd: () => this.stop(),
    });
    // history is told before the watch is there to be ended
    if (full) unwatch();
    else this.unwatch = unwatch;
  }

  private async write(position: number, from: string, until: number, events: readonly Stored[]): Promise<boolean> {
    const byNamespace = new Map<string, Stored[]>();
    for (const event of events) {
      const of = byNamespace.get(event.namespace);
      if (of) of.push(event);
      else byNamespace.set(event.namespace, [event]);
    }
    const names = [...byNamespace.keys()];
    const sources = await this.archive.register(names.map(ofNamespace));
    return this.archive.write([
      { source: position, from, until: String(until), lines: [] },
      ...sources.map(({ id, namespace }) => ({
        source: id,
        from: '',
        until: '',
        lines: (byNamespace.get(namespace) ?? []).map((stored) => lineOf(stored, this.clock.now())),
      })),
    ]);
  }
}

/** Where to cut: at `count` or behind it, never between two of one revision, since the position is a revision. */
function endOfRevision(events: readonly Stored[], count: number): number {
  let end = Math.min(count, events.length);
  while (events[end] && events[end]?.revision === events[end - 1]?.revision) end++;
  return end;
}

/** An event as a line: JSON, so that it can be asked for by field. */
function lineOf(stored: Stored, now: number): LogLine {
  const event: Event = objectAs('events', stored);
  const { involvedObject: about, type, reason, message, source, reportingComponent } = event;
  const time = timeMicroseconds(event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? '');
  const text = JSON.stringify({
    type,
    reason,
    message,
    object: `${about.kind ?? ''}/${about.name ?? ''}`,
    component: reportingComponent || source?.component,
    count: event.series?.count ?? event.count ?? 1,
  });
  return keptLine(time ?? now * 1000, 'o', text, now);
}
