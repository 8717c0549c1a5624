import type { Event } from '../../../schema/types.ts';
import { timeMicroseconds } from '../../meta/time.ts';
import type { Clock } from '../../rules/clock.ts';
import { Compacted, type Store, type Stored } from '../../store/contract.ts';
import type { LogArchive, LogLine, LogSource } from '../../store/logs/contract.ts';
import { objectAs } from '../object-as.ts';
import { keptLine } from './line.ts';

/** ms between two writes, and events of one; those that wait for the database, beyond which it is read again from the log. */
const EVERY_MS = 500;
const AT_ONCE = 2000;
const MAX_WAITING = 20_000;
/** ms after which it is asked again whether it is this process that collects */
const LEAD_MS = 10_000;

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
    this.unwatch?.();
    this.unwatch = undefined;
    this.waiting = [];
  }

  private async round(): Promise<void> {
    if (this.unwatch && !this.waiting.length && this.clock.now() < this.leadUntil) return;
    if (this.clock.now() >= this.leadUntil) {
      if (!(await this.archive.lead('events'))) return this.stop();
      this.leadUntil = this.clock.now() + LEAD_MS;
    }
    const [position] = await this.archive.register([POSITION]);
    if (!position) return;
    if (!this.unwatch) this.begin(Number(position.position || 0));
    while (this.waiting.length && !this.closed) {
      const some = this.waiting.slice(0, AT_ONCE);
      const until = some.at(-1)!.revision;
      if (!(await this.write(position.id, position.position, until, some))) return this.stop();
      position.position = String(until);
      this.waiting.splice(0, some.length);
      this.wrote();
    }
  }

  /** Watches from where the archive is; where that is forgotten, from what there is. */
  private begin(from: number): void {
    const scope = { resource: 'events' };
    const watch = (revision: number): (() => void) =>
      this.store.watch(scope, revision, {
        onEvents: (events) => {
          for (const { type, stored } of events) if (type !== 'DELETED') this.waiting.push(stored);
          if (this.waiting.length > MAX_WAITING) this.stop();
        },
        onEnd: () => this.stop(),
      });
    if (from > 0) {
      try {
        this.unwatch = watch(from);
        return;
      } catch (error) {
        if (!(error instanceof Compacted)) throw error;
      }
    }
    const { items, revision } = this.store.list(scope);
    this.waiting = items.filter((stored) => stored.revision > from).sort((a, b) => a.revision - b.revision);
    this.unwatch = watch(revision);
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
