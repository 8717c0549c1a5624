import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Api } from '../../api/contract.ts';
import type { Exchange } from '../exchange.ts';

/** Upper bounds of the latency buckets, in seconds. */
const BUCKETS = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.5, 2, 3, 5, 10, 30, 60];
/** Distinct label sets that one metric may have; later ones are counted together, without labels. */
const MAX_SERIES = 2_000;

interface Histogram {
  buckets: number[];
  sum: number;
  count: number;
}

/** ms between two looks at how late the loop is; the interval itself is part of what is recorded */
const RESOLUTION = 10;
const lateness = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e9 - RESOLUTION / 1000);

const escape = (value: string): string => value.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));
const labels = (pairs: Record<string, string | number>): string =>
  Object.entries(pairs)
    .map(([name, value]) => `${name}="${escape(String(value))}"`)
    .join(',');

function add(series: Map<string, number>, key: string, by = 1): void {
  const id = series.has(key) || series.size < MAX_SERIES ? key : '';
  series.set(id, (series.get(id) ?? 0) + by);
}

/** Numbers of this server in Prometheus' text format, under the names that kube-apiserver's have. */
export class Metrics {
  private readonly requests = new Map<string, number>();
  private readonly latencies = new Map<string, Histogram>();
  private readonly watches = new Map<string, number>();
  private readonly events = new Map<string, number>();
  /** label sets as text, which every request needs and few are new */
  private readonly names = new Map<string, { counted: string; timed: string }>();
  private running = 0;
  private readonly delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  /** since the last exposition */
  private readonly recent = monitorEventLoopDelay({ resolution: RESOLUTION });

  constructor(private readonly api: Api) {
    this.delay.enable();
    this.recent.enable();
  }

  /** A request has come; the returned function is told how many milliseconds it took. */
  began(exchange: Exchange): (ms: number) => void {
    this.running++;
    return (ms) => {
      this.running--;
      const { verb, group, version, resource, subresource, scope } = exchange.label;
      const id = `${exchange.res.statusCode} ${verb || exchange.method} ${group} ${version} ${resource} ${subresource} ${scope}`;
      let names = this.names.get(id);
      if (!names) {
        const base = { verb: (verb || exchange.method).toUpperCase(), group, version, resource, subresource, scope };
        names = { counted: labels({ code: exchange.res.statusCode, ...base }), timed: labels(base) };
        if (this.names.size < MAX_SERIES) this.names.set(id, names);
      }
      add(this.requests, names.counted);
      if (verb !== 'watch') this.observe(names.timed, ms / 1000);
    };
  }

  watchOpened(exchange: Exchange): () => void {
    const { group, version, resource } = exchange.label;
    const key = labels({ group, version, resource });
    add(this.watches, key);
    return () => add(this.watches, key, -1);
  }

  watchSent(exchange: Exchange, events: number): void {
    const { group, version, resource } = exchange.label;
    add(this.events, labels({ group, version, resource }), events);
  }

  close(): void {
    this.delay.disable();
    this.recent.disable();
  }

  private observe(key: string, seconds: number): void {
    const id = this.latencies.has(key) || this.latencies.size < MAX_SERIES ? key : '';
    let histogram = this.latencies.get(id);
    if (!histogram) this.latencies.set(id, (histogram = { buckets: BUCKETS.map(() => 0), sum: 0, count: 0 }));
    const bucket = BUCKETS.findIndex((bound) => seconds <= bound);
    if (bucket >= 0) histogram.buckets[bucket]!++;
    histogram.sum += seconds;
    histogram.count++;
  }

  /** The whole exposition. */
  text(): string {
    const lines: string[] = [];
    const metric = (name: string, type: string, help: string) =>
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    const series = (name: string, values: Map<string, number>) => {
      for (const [key, value] of values) lines.push(`${name}{${key}} ${value}`);
    };
    metric('apiserver_request_total', 'counter', 'Requests answered, by verb, resource and code.');
    series('apiserver_request_total', this.requests);
    metric('apiserver_request_duration_seconds', 'histogram', 'Time from request to the end of its answer.');
    for (const [key, histogram] of this.latencies)
      lines.push(...histogramLines('apiserver_request_duration_seconds', key, histogram));
    metric('apiserver_current_inflight_requests', 'gauge', 'Requests that are running.');
    lines.push(`apiserver_current_inflight_requests ${this.running}`);
    metric('apiserver_longrunning_requests', 'gauge', 'Open watches.');
    series('apiserver_longrunning_requests', this.watches);
    metric('apiserver_watch_events_total', 'counter', 'Events sent to watchers.');
    series('apiserver_watch_events_total', this.events);
    lines.push(...auditLines(this.api.auditor));
    metric('apiserver_storage_objects', 'gauge', 'Objects stored, by resource.');
    for (const resource of this.api.store.resources())
      lines.push(`apiserver_storage_objects{resource="${escape(resource)}"} ${this.api.store.count({ resource })}`);
    metric('ku7s_store_revision', 'gauge', 'Newest revision that this process has seen.');
    lines.push(`ku7s_store_revision ${this.api.store.revision}`);
    metric('ku7s_event_loop_delay_seconds', 'summary', 'How late the event loop was.');
    for (const quantile of [0.5, 0.99])
      lines.push(
        `ku7s_event_loop_delay_seconds{quantile="${quantile}"} ${lateness(this.delay.percentile(quantile * 100))}`,
      );
    metric(
      'ku7s_event_loop_delay_max_seconds',
      'gauge',
      'How late the event loop was at most since this was last asked.',
    );
    lines.push(`ku7s_event_loop_delay_max_seconds ${lateness(this.recent.max)}`);
    this.recent.reset();
    metric('process_resident_memory_bytes', 'gauge', 'Resident memory.');
    lines.push(`process_resident_memory_bytes ${process.memoryUsage.rss()}`);
    metric('process_cpu_seconds_total', 'counter', 'Processor time used.');
    const { user, system } = process.cpuUsage();
    lines.push(`process_cpu_seconds_total ${(user + system) / 1e6}`);
    return `${lines.join('\n')}\n`;
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

function histogramLines(name: string, key: string, { buckets, sum, count }: Histogram): string[] {
  let total = 0;
  const lines = BUCKETS.map((bound, i) => `${name}_bucket{${key},le="${bound}"} ${(total += buckets[i]!)}`);
  return [
    ...lines,
    `${name}_bucket{${key},le="+Inf"} ${count}`,
    `${name}_sum{${key}} ${sum}`,
    `${name}_count{${key}} ${count}`,
  ];
}
