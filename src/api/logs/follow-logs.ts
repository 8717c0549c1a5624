import type { Clock } from '../../rules/clock.ts';
import type { KnownSource, LogArchive, LogMark, LogRun } from '../../store/logs/contract.ts';
import { linesOf } from '../../store/logs/run-body.ts';
import type { PastParts } from '../authorization/past.ts';
import type { User } from '../contract.ts';
import { Slice } from '../fairness/turns.ts';
import type { LogEntry, LogFilter, LogSink } from './contract.ts';
import { Entry } from './entry.ts';
import { lineMatcher, type LineMatcher } from './match.ts';
import { kindsOf, lineReader, type ReadableSource } from './readable-sources.ts';

/** ms between two looks, and runs that are read at once. */
const EVERY_MS = 500;
const AT_ONCE = 32;
/** Runs that may be behind: of more the older ones are left out. */
const MAX_BEHIND = 1024;

interface Follower {
  user: User;
  filter: LogFilter;
  matcher: LineMatcher;
  sink: LogSink;
}

/**
 * Tells of lines as they come, whichever process has written them: one reader for all who follow, while anybody does.
 * Who may read what is decided anew at each look.
 */
export class LogFollowing {
  private readonly followers = new Set<Follower>();
  private mark: LogMark | undefined;
  private timer: unknown;
  private looking = false;

  constructor(
    private readonly archive: LogArchive,
    private readonly parts: PastParts,
    private readonly clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>,
  ) {}

  /** From now on. Throws 400. @returns what ends it */
  async follow(user: User, filter: LogFilter, sink: LogSink): Promise<() => void> {
    const follower = { user, filter, matcher: lineMatcher(filter), sink };
    if (!this.mark) {
      const mark = await this.archive.mark();
      // of two who begin at once the first one's counts
      this.mark ??= mark;
    }
    this.followers.add(follower);
    this.schedule();
    return () => {
      this.followers.delete(follower);
      if (this.followers.size) return;
      this.clock.clearTimeout(this.timer);
      this.timer = undefined;
      this.mark = undefined;
    };
  }

  /** This process has written. */
  wrote(): void {
    if (this.followers.size && !this.looking) this.schedule(0);
  }

  close(): void {
    this.clock.clearTimeout(this.timer);
    for (const { sink } of this.followers) sink.onEnd(undefined);
    this.followers.clear();
  }

  private schedule(ms = EVERY_MS): void {
    if (this.timer !== undefined && ms > 0) return;
    this.clock.clearTimeout(this.timer);
    this.timer = this.clock.setTimeout(() => {
      this.timer = undefined;
      void this.look();
    }, ms);
  }

  private async look(): Promise<void> {
    if (this.looking || !this.mark) return;
    this.looking = true;
    let more = false;
    try {
      more = await this.tell(this.mark);
    } catch {
      // the database is away: what came meanwhile is told when it is back
    } finally {
      this.looking = false;
      if (this.followers.size) this.schedule(more ? 0 : EVERY_MS);
    }
  }

  private async tell(before: LogMark): Promise<boolean> {
    const { runs, mark } = await this.archive.since(before, AT_ONCE);
    const ids = [...new Set(runs.map(({ source }) => source))];
    const known = ids.length ? await this.archive.sourcesById(ids) : [];
    const next = runs.length < AT_ONCE ? mark : await this.notTooFar(mark);
    // all have left meanwhile, and who has come since begins later
    if (this.mark !== before) return false;
    this.mark = next;
    const sources = new Map(known.map((source) => [source.id, source]));
    const slice = new Slice();
    for (const follower of this.followers) {
      const read = lineReader(this.parts, follower.user);
      for (const run of runs) {
        const source = sources.get(run.source);
        const from = source && isAbout(follower.filter, source) ? await read(source) : undefined;
        if (source && from !== undefined) tellOf(follower, { source, from }, run);
        if (slice.over) await slice.next();
      }
    }
    return runs.length === AT_ONCE;
  }

  /** Where more comes than can be told, what is new counts. */
  private async notTooFar(mark: LogMark): Promise<LogMark> {
    const newest = await this.archive.mark();
    let behind = 0;
    for (const [chunk, runs] of newest) behind += Math.max(0, runs - (mark.get(chunk) ?? 0));
    if (behind <= MAX_BEHIND) return mark;
    for (const { sink } of this.followers) sink.onLeftOut(behind);
    return newest;
  }
}

function tellOf({ matcher, sink }: Follower, { source, from }: ReadableSource, run: LogRun): void {
  const entries: LogEntry[] = [];
  for (const line of linesOf(run)) if (line.at >= from && matcher.matches(line)) entries.push(new Entry(source, line));
  if (!entries.length) return;
  if (sink.full) sink.onLeftOut(entries.length);
  else sink.onEntries(entries);
}

function isAbout(filter: LogFilter, { kind, namespace, pod, container, node }: KnownSource): boolean {
  const { namespaces, pods, containers, nodes } = filter;
  return (
    kindsOf(filter).includes(kind) &&
    (namespaces?.includes(namespace) ?? true) &&
    (pods?.includes(pod) ?? true) &&
    (containers?.includes(container) ?? true) &&
    (nodes?.includes(node) ?? true)
  );
}
