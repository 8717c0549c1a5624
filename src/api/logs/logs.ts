import { badRequest } from '../../meta/status.ts';
import type { Clock } from '../../rules/clock.ts';
import type { Store } from '../../store/contract.ts';
import type { LogArchive } from '../../store/logs/contract.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import type { RequestContext } from '../contract.ts';
import { EventCollector } from './collect-events.ts';
import { LineExport, type LineExporter } from './export-lines.ts';
import type { LogFilter, LogPage, LogPageOptions, LogSink, SentAnswer, SentBatch } from './contract.ts';
import { LogFollowing } from './follow-logs.ts';
import { AUDIT_RIGHT } from './readable-sources.ts';
import { searchLogs } from './search-logs.ts';
import { LogWriting, writeRight } from './write-logs.ts';

/** ms between two looks at what is kept no longer */
const SWEEP_MS = 60_000;

export interface LogsOptions {
  archive: LogArchive;
  /** whether events are lines too; false when not said */
  events?: boolean;
  /** where all lines are sent; closed with the logs */
  exporter?: LineExporter | undefined;
}

/** What of the API they work with. */
export interface LogsParts {
  store: Store;
  authorizer: Authorizer;
  clock: Clock;
  log(line: string): void;
}

/** The kept lines of containers, the events and the audit: written by agents of nodes, read by who may. */
export class Logs {
  private readonly writing: LogWriting;
  private readonly following: LogFollowing;
  private readonly events: EventCollector | undefined;
  private readonly export: LineExport | undefined;
  private readonly archive: LogArchive;
  private timer: unknown;

  constructor(
    { archive, events = false, exporter }: LogsOptions,
    private readonly core: LogsParts,
  ) {
    this.archive = archive;
    const { store, authorizer, clock, log } = core;
    this.writing = new LogWriting(archive, store, () => clock.now());
    this.following = new LogFollowing(archive, { store, authorizer }, clock);
    const wrote = (): void => this.following.wrote();
    if (events) this.events = new EventCollector(archive, store, clock, log, wrote);
    if (exporter) this.export = new LineExport(archive, exporter, clock, log);
  }

  start(): void {
    this.events?.start();
    this.export?.start();
    this.sweepLater();
  }

  /** What an agent has read on its node. Throws 400, 403, 429. */
  async write(ctx: RequestContext, node: string, batches: readonly SentBatch[]): Promise<SentAnswer> {
    this.core.authorizer.requireAttributes(ctx, writeRight(node));
    const answer = await this.writing.write(node, batches);
    if (answer.written) this.following.wrote();
    return answer;
  }

  /** Throws 400, and 403 for the audit where it is asked for by who may not read it. */
  search(ctx: RequestContext, filter: LogFilter, page: LogPageOptions): Promise<LogPage> {
    this.check(ctx, filter);
    return searchLogs({ archive: this.archive, ...this.core }, ctx, filter, page);
  }

  /** The same as they come, from now on. @returns what ends it */
  follow(ctx: RequestContext, filter: LogFilter, sink: LogSink): Promise<() => void> {
    this.check(ctx, filter);
    return this.following.follow(ctx.user, filter, sink);
  }

  private check(ctx: RequestContext, { kinds, since, until }: LogFilter): void {
    if (kinds?.includes('audit')) this.core.authorizer.requireAttributes(ctx, AUDIT_RIGHT);
    if (since !== undefined && until !== undefined && since >= until)
      throw badRequest('where: since is not before until');
  }

  private sweepLater(): void {
    this.timer = this.core.clock.setTimeout(() => {
      this.sweep()
        .catch((error: Error) => this.core.log(`logs: what is old is not dropped: ${error.message}`))
        .finally(() => {
          if (this.timer !== undefined) this.sweepLater();
        });
    }, SWEEP_MS);
  }

  private async sweep(): Promise<void> {
    const { store, clock } = this.core;
    if (await this.archive.lead('sweep'))
      await this.archive.sweep(clock.now(), (uid) => store.byUid(uid) !== undefined);
  }

  async close(): Promise<void> {
    this.core.clock.clearTimeout(this.timer);
    this.timer = undefined;
    this.following.close();
    await this.events?.close();
    await this.export?.close();
  }
}
