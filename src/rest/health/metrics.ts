import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Api } from '../../api/contract.ts';
import { REQUESTS, STORAGE } from '../../rules/metrics/families.ts';
import { linesOf, metricsOf, type Series } from '../../rules/metrics/metrics.ts';
import { processLines } from '../../rules/metrics/process-metrics.ts';
import type { Exchange } from '../exchange.ts';

/** Label sets whose series are remembered by what the request was. */
const MAX_KNOWN = 2_000;
/** ms between two looks at how late the loop is; the interval itself is part of what is recorded */
const RESOLUTION = 10;
const lateness = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e9 - RESOLUTION / 1000);

/** The lines of another part's metrics. */
export type MetricLines = () => readonly string[] | Promise<readonly string[]>;

/** Of a request to a resource, the method that kube-apiserver reports. */
const VERBS: Readonly<Record<string, string>> = {
  get: 'GET',
  list: 'LIST',
  watch: 'WATCH',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
};
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);
const CONNECTED: ReadonlySet<string> = new Set(['log', 'exec', 'portforward', 'attach', 'proxy']);
const COMPONENT = 'apiserver';

function verbOf({ label: { verb, subresource }, method, req }: Exchange): string {
  if (CONNECTED.has(subresource)) return 'CONNECT';
  // whoever makes up methods makes up no series
  if (!verb) return method === 'HEAD' ? 'GET' : METHODS.has(method) ? method : 'other';
  if (verb === 'patch' && req.headers['content-type']?.startsWith('application/apply-patch')) return 'APPLY';
  return VERBS[verb] ?? 'other';
}

const dryRunOf = ({ search, query }: Exchange): string =>
  !search.includes('dryRun') ? '' : query.getAll('dryRun').every((value) => value === 'All') ? 'All' : 'invalid';

const isMutating = ({ method }: Exchange): boolean => method !== 'GET' && method !== 'HEAD';

/** Numbers of this server in Prometheus' text format, under the names that kube-apiserver's have. */
export class Metrics {
  private readonly requests = metricsOf(REQUESTS);
  /** the series that every request needs, by what it was */
  private readonly known = new Map<string, { counted: Series; timed: Series }>();
  private readonly running = { mutating: 0, readOnly: 0 };
  private readonly delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  /** since the last exposition */
  private readonly recent = monitorEventLoopDelay({ resolution: RESOLUTION });

  constructor(
    private readonly api: Api,
    private readonly others: readonly MetricLines[] = [],
  ) {
    this.delay.enable();
    this.recent.enable();
  }

  /** A request has come; the returned function is told how many milliseconds it took. */
  began(exchange: Exchange): (ms: number) => void {
    const kind = isMutating(exchange) ? 'mutating' : 'readOnly';
    this.running[kind]++;
    return (ms) => {
      this.running[kind]--;
      const { label, res } = exchange;
      const verb = verbOf(exchange);
      const dryRun = dryRunOf(exchange);
      const id = `${res.statusCode} ${verb} ${label.group} ${label.version} ${label.resource} ${label.subresource} ${label.scope} ${dryRun}`;
      let series = this.known.get(id);
      if (!series) {
        const { group, version, resource, subresource } = label;
        const scope = label.verb === 'create' ? 'resource' : label.scope;
        const base = [verb, dryRun, group, version, resource, subresource, scope, COMPONENT];
        const counted = this.requests.total.of(...base, String(res.statusCode));
        series = { counted, timed: this.requests.duration.of(...base) };
        if (this.known.size < MAX_KNOWN) this.known.set(id, series);
      }
      series.counted.add();
      if (verb !== 'WATCH') series.timed.observe(ms / 1000);
    };
  }

  watchOpened(exchange: Exchange): () => void {
    const { group, version, resource, scope } = exchange.label;
    const open = this.requests.longRunning.of('WATCH', group, version, resource, '', scope, COMPONENT);
    open.add();
    this.running.readOnly--;
    return () => {
      open.add(-1);
      this.running.readOnly++;
    };
  }

  watchSent(exchange: Exchange, events: number): void {
    const { group, version, resource } = exchange.label;
    this.requests.watchEvents.of(group, version, resource).add(events);
  }

  close(): void {
    this.delay.disable();
    this.recent.disable();
  }

  /** The whole exposition. */
  async text(): Promise<string> {
    for (const kind of ['mutating', 'readOnly'] as const) this.requests.inflight.of(kind).set(this.running[kind]);
    const lines = [...linesOf(this.requests), ...this.objects(), ...auditLines(this.api.auditor), ...this.own()];
    for (const other of this.others) for (const line of await other()) lines.push(line);
    for (const line of processLines()) lines.push(line);
    return `${lines.join('\n')}\n`;
  }

  private objects(): string[] {
    const { objects, resourceObjects } = metricsOf(STORAGE);
    const { store } = this.api;
    for (const key of store.resources()) {
      const count = store.count({ resource: key });
      const dot = key.indexOf('.');
      objects.of(key).set(count);
      resourceObjects.of(dot < 0 ? '' : key.slice(dot + 1), dot < 0 ? key : key.slice(0, dot)).set(count);
    }
    return linesOf({ objects, resourceObjects });
  }

  /** What only this server has. */
  private own(): string[] {
    const lines = [
      '# HELP ku7s_store_revision Newest revision that this process has seen.',
      '# TYPE ku7s_store_revision gauge',
      `ku7s_store_revision ${this.api.store.revision}`,
      '# HELP ku7s_event_loop_delay_seconds How late the event loop was.',
      '# TYPE ku7s_event_loop_delay_seconds summary',
      ...[0.5, 0.99].map(
        (quantile) =>
          `ku7s_event_loop_delay_seconds{quantile="${quantile}"} ${lateness(this.delay.percentile(quantile * 100))}`,
      ),
      '# HELP ku7s_event_loop_delay_max_seconds How late the event loop was at most since this was last asked.',
      '# TYPE ku7s_event_loop_delay_max_seconds gauge',
      `ku7s_event_loop_delay_max_seconds ${lateness(this.recent.max)}`,
      '# HELP nodejs_eventloop_lag_p99_seconds How late the event loop was, of a hundred times the worst but one.',
      '# TYPE nodejs_eventloop_lag_p99_seconds gauge',
      `nodejs_eventloop_lag_p99_seconds ${lateness(this.delay.percentile(99))}`,
    ];
    this.recent.reset();
    return lines;
  }
}

function auditLines({ counts, enabled }: Api['auditor']): string[] {
  if (!enabled) return [];
  const lines = [
    '# HELP apiserver_audit_event_total Audit events that were made.',
    '# TYPE apiserver_audit_event_total counter',
    `apiserver_audit_event_total ${counts.events}`,
    '# HELP apiserver_audit_level_total Requests, by the level that the audit policy gives them.',
    '# TYPE apiserver_audit_level_total counter',
  ];
  for (const [level, count] of counts.levels) lines.push(`apiserver_audit_level_total{level="${level}"} ${count}`);
  lines.push(
    '# HELP apiserver_audit_error_total Audit events that did not arrive, by where they were lost.',
    '# TYPE apiserver_audit_error_total counter',
  );
  for (const [plugin, count] of counts.errors) lines.push(`apiserver_audit_error_total{plugin="${plugin}"} ${count}`);
  return lines;
}
