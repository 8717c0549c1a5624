import type { NodeUsage, ProcessUsage } from '../usage/node-usage.ts';

/** A metric as Prometheus reads it. */
interface Metric {
  name: string;
  help: string;
  type: 'counter' | 'gauge';
  of(usage: ProcessUsage): number | undefined;
}

const CPU = 'Cumulative cpu time consumed by the';
const MEMORY = 'Current working set of the';
const seconds = ({ cpuNanoseconds }: ProcessUsage): number => cpuNanoseconds / 1e9;
const workingSet = (usage: ProcessUsage): number => usage.workingSet;

const NODE: readonly Metric[] = [
  { name: 'node_cpu_usage_seconds_total', help: `${CPU} node in core-seconds`, type: 'counter', of: seconds },
  { name: 'node_memory_working_set_bytes', help: `${MEMORY} node in bytes`, type: 'gauge', of: workingSet },
];
const POD: readonly Metric[] = [
  { name: 'pod_cpu_usage_seconds_total', help: `${CPU} pod in core-seconds`, type: 'counter', of: seconds },
  { name: 'pod_memory_working_set_bytes', help: `${MEMORY} pod in bytes`, type: 'gauge', of: workingSet },
];
const CONTAINER: readonly Metric[] = [
  { name: 'container_cpu_usage_seconds_total', help: `${CPU} container in core-seconds`, type: 'counter', of: seconds },
  { name: 'container_memory_working_set_bytes', help: `${MEMORY} container in bytes`, type: 'gauge', of: workingSet },
];

/**
 * The resource metrics endpoint (`/metrics/resource`) in the text format of Prometheus. Source: pkg/kubelet/metrics
 * collectors resource_metrics.
 */
export function resourceMetrics(usage: NodeUsage): string {
  const { time, memory, cpuNanoseconds, each } = usage;
  const node = { labels: '', usage: { cpuNanoseconds, workingSet: memory.workingSet, rss: 0, pids: 0 } };
  const pods = each.map((pod) => ({ labels: `{${labels(pod.pod.metadata)}}`, usage: pod }));
  const containers = each.flatMap(({ pod, containers: all }) =>
    all.map((one) => ({ labels: `{container="${one.name}",${labels(pod.metadata)}}`, usage: one })),
  );
  const starts = each.flatMap(({ pod, containers: all }) =>
    all.map((one) => `{container="${one.name}",${labels(pod.metadata)}} ${one.startedAt / 1000}`),
  );
  const start = 'container_start_time_seconds';
  return [
    ...NODE.flatMap((metric) => lines(metric, [node], time)),
    ...POD.flatMap((metric) => lines(metric, pods, time)),
    ...CONTAINER.flatMap((metric) => lines(metric, containers, time)),
    `# HELP ${start} [STABLE] Start time of the container since unix epoch in seconds`,
    `# TYPE ${start} gauge`,
    ...starts.map((line) => `${start}${line}`),
    '# HELP resource_scrape_error [STABLE] 1 if there was an error while getting container metrics, 0 otherwise',
    '# TYPE resource_scrape_error gauge',
    'resource_scrape_error 0',
    '',
  ].join('\n');
}

const labels = ({ namespace = '', name }: { namespace?: string; name: string }): string =>
  `namespace="${namespace}",pod="${name}"`;

function lines(
  { name, help, type, of }: Metric,
  all: readonly { labels: string; usage: ProcessUsage }[],
  time: number,
): string[] {
  const values = all.map((each) => `${name}${each.labels} ${of(each.usage)} ${time}`);
  return [`# HELP ${name} [STABLE] ${help}`, `# TYPE ${name} ${type}`, ...values];
}
