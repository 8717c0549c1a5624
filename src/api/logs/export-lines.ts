import { errorMessage } from '../../meta/error-message.ts';
import type { Clock } from '../../rules/clock.ts';
import type { LogArchive, LogMark } from '../../store/logs/contract.ts';
import { linesOf } from '../../store/logs/run-body.ts';
import type { LogEntry } from './contract.ts';
import { Entry } from './entry.ts';

/** ms between two looks, and after one that failed; runs of one sending */
const EVERY_MS = 1000;
const RETRY_MS = 5000;
const AT_ONCE = 16;
/** Lines of one request, and UTF-16 units of their texts: collectors take messages of 4 MiB unless they are told otherwise. */
const REQUEST_LINES = 2000;
const REQUEST_UNITS = 512 * 1024;

/** Sends lines somewhere else. Rejects where they did not arrive. */
export interface LineExporter {
  send(entries: readonly LogEntry[]): Promise<void>;
  close(): Promise<void>;
}

/** Where the export is, as a text that is kept. */
const textOf = (mark: LogMark): string => JSON.stringify([...mark]);
const markOf = (text: string): LogMark => new Map(JSON.parse(text) as [number, number][]);

/**
 * Sends every line on, in the order of commits: one process at a time, from where the last sending that arrived has ended.
 * What was sent and not known to have arrived is sent again.
 */
export class LineExport {
  private timer: unknown;
  private running: Promise<void> | undefined;
  private closed = false;
  private failing = false;

  constructor(
    private readonly archive: LogArchive,
    private readonly exporter: LineExporter,
    private readonly clock: Clock,
    private readonly log: (line: string) => void,
  ) {}

  start(ms = EVERY_MS): void {
    this.timer = this.clock.setTimeout(() => {
      this.running = this.tried().finally(() => {
        if (!this.closed) this.start(this.failing ? RETRY_MS : EVERY_MS);
      });
    }, ms);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.clock.clearTimeout(this.timer);
    await this.running;
    await this.exporter.close();
  }

  private async tried(): Promise<void> {
    try {
      await this.round();
      this.failing = false;
    } catch (error) {
      if (!this.failing) this.log(`logs: lines are not sent on: ${errorMessage(error)}`);
      this.failing = true;
    }
  }

  private async round(): Promise<void> {
    if (!(await this.archive.lead('export'))) return;
    const [position] = await this.archive.register([EXPORT]);
    if (!position) return;
    let at = position.position;
    // what there was before there was an export is not sent
    if (!at && !(await this.move(position.id, at, (at = textOf(await this.archive.mark()))))) return;
    while (!this.closed) {
      const { runs, mark } = await this.archive.since(markOf(at), AT_ONCE);
      if (!runs.length) return;
      const sources = await this.archive.sourcesById([...new Set(runs.map(({ source }) => source))]);
      const byId = new Map(sources.map((source) => [source.id, source]));
      const entries = runs.flatMap((run) => {
        const source = byId.get(run.source);
        return source ? linesOf(run).map((line) => new Entry(source, line)) : [];
      });
      for (const request of requests(entries)) await this.exporter.send(request);
      const next = textOf(mark);
      if (!(await this.move(position.id, at, next))) return;
      at = next;
    }
  }

  private move(source: number, from: string, until: string): Promise<boolean> {
    return this.archive.write([{ source, from, until, lines: [] }]);
  }
}

/** The entries in their order, no more at once than a collector takes. */
function* requests(entries: readonly LogEntry[]): Generator<readonly LogEntry[]> {
  let from = 0;
  let units = 0;
  for (const [n, { text }] of entries.entries()) {
    if (n > from && (n - from >= REQUEST_LINES || units + text.length > REQUEST_UNITS)) {
      yield entries.slice(from, n);
      from = n;
      units = 0;
    }
    units += text.length;
  }
  if (from < entries.length) yield entries.slice(from);
}

/** Its position is what has been sent; it has no lines. */
const EXPORT = {
  kind: 'audit',
  node: 'export',
  namespace: '',
  pod: '',
  uid: '',
  container: 'position',
  attempt: 0,
} as const;
