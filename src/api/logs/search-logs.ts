import { badRequest } from '../../meta/status.ts';
import type { LogArchive, LogRun } from '../../store/logs/contract.ts';
import { linesOf } from '../../store/logs/run-body.ts';
import type { PastParts } from '../authorization/past.ts';
import type { RequestContext } from '../contract.ts';
import { Slice } from '../fairness/turns.ts';
import type { LogEntry, LogFilter, LogPage, LogPageOptions } from './contract.ts';
import { Entry } from './entry.ts';
import { lineMatcher } from './match.ts';
import { readableSources, type ReadableSource } from './readable-sources.ts';

const DEFAULT_FIRST = 100;
const MAX_FIRST = 1000;
/** ms after which a page is what has been found by then, and the next one goes on */
const DEADLINE_MS = 2000;

/** Where a line is: by time, then by the order in which lines came. */
type Place = readonly [at: number, chunk: number, n: number, index: number];
const FIRST: Place = [Number.MAX_SAFE_INTEGER, 0, 0, 0];

/** Negative where `a` comes before `b` in an answer, which is newest first. */
function compare(a: Place, b: Place): number {
  for (let i = 0; i < 4; i++) if (a[i] !== b[i]) return b[i]! - a[i]!;
  return 0;
}

interface Found {
  place: Place;
  entry: LogEntry;
}

/** Lines that the caller may read, newest first. Throws 400. */
export async function searchLogs(
  { archive, ...parts }: { archive: LogArchive } & PastParts,
  { user, signal }: Pick<RequestContext, 'user' | 'signal'>,
  filter: LogFilter,
  { first = DEFAULT_FIRST, after }: LogPageOptions,
): Promise<LogPage> {
  if (!Number.isInteger(first) || first < 1 || first > MAX_FIRST)
    throw badRequest(`first must be between 1 and ${MAX_FIRST}`);
  const start = after === undefined ? FIRST : placeOf(after);
  const matcher = lineMatcher(filter);
  const sources = await readableSources(archive, parts, user, filter);
  const page = new Page(first, start);
  const slice = new Slice();
  const deadline = performance.now() + DEADLINE_MS;
  const runs = archive.runs({
    sources: [...sources.keys()],
    // what nobody may read of any is not looked at
    since: Math.max(filter.since ?? 0, earliest(sources)),
    until: Math.min(filter.until ?? Number.MAX_SAFE_INTEGER, start[0] + 1),
    words: matcher.words,
  });
  for await (const run of runs) {
    if (signal?.aborted || page.isFullBefore(run.newest)) return page.answer();
    if (performance.now() > deadline) return page.until(run.newest);
    const readable = sources.get(run.source);
    if (readable)
      page.add(
        run,
        linesOf(run).map(
          (line) => line.at >= readable.from && matcher.matches(line) && new Entry(readable.source, line),
        ),
      );
    if (slice.over) await slice.next();
  }
  return page.answer();
}

function earliest(sources: ReadonlyMap<number, ReadableSource>): number {
  let from = Number.MAX_SAFE_INTEGER;
  for (const one of sources.values()) from = Math.min(from, one.from);
  return sources.size ? from : 0;
}

/** The lines found so far that a page can be of. */
class Page {
  private found: Found[] = [];
  private more = false;

  constructor(
    private readonly first: number,
    private readonly start: Place,
  ) {}

  add({ chunk, n }: LogRun, entries: readonly (LogEntry | false)[]): void {
    let added = false;
    for (const [index, entry] of entries.entries()) {
      if (!entry) continue;
      const place: Place = [entry.at, chunk, n, index];
      if (compare(place, this.start) <= 0) continue;
      this.found.push({ place, entry });
      added = true;
    }
    if (!added) return;
    this.found.sort((a, b) => compare(a.place, b.place));
    if (this.found.length <= this.first) return;
    this.more = true;
    this.found.length = this.first;
  }

  /** Whether nothing that is still to come can be on the page: runs come by their newest line. */
  isFullBefore(newest: number): boolean {
    const last = this.found[this.first - 1];
    if (!last || last.entry.at <= newest) return false;
    this.more = true;
    return true;
  }

  answer(): LogPage {
    const last = this.found.at(-1);
    return {
      entries: this.found.map(({ entry }) => entry),
      cursor: this.more && last ? cursorOf(last.place) : undefined,
    };
  }

  /** What is sure, where the looking ends before what has `newest` for its newest line. */
  until(newest: number): LogPage {
    const entries = this.found.filter(({ entry }) => entry.at > newest).map(({ entry }) => entry);
    const { MAX_SAFE_INTEGER: all } = Number;
    return {
      entries,
      cursor: cursorOf(compare(this.start, [newest, all, all, all]) > 0 ? this.start : [newest, all, all, all]),
    };
  }
}

const cursorOf = (place: Place): string => Buffer.from(`l${place.join('.')}`).toString('base64url');
function placeOf(cursor: string): Place {
  const [, ...parts] =
    /^l(\d{1,16})\.(\d{1,16})\.(\d{1,16})\.(\d{1,16})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  const [at, chunk, n, index] = parts.map(Number);
  if (at === undefined || chunk === undefined || n === undefined || index === undefined)
    throw badRequest('after: not a cursor of this query');
  return [at, chunk, n, index];
}
