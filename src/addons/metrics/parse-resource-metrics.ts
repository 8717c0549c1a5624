/** What was used until a moment. */
export interface Point {
  /** ms since the epoch */
  at: number;
  /** seconds of one processor, since it was started */
  cpuSeconds: number;
  memoryBytes: number;
  /** ms since the epoch; unknown of a node */
  startedAt?: number;
}

/** What a node has said of itself and of its containers, at one time. */
export interface NodeReading {
  node: Point;
  /** by `NAMESPACE/POD`, then by container */
  pods: ReadonlyMap<string, ReadonlyMap<string, Point>>;
}

const LINE = /^([a-z_]+)(?:\{(.*)\})? (\S+)(?: (\d+))?$/;
const LABEL = /(?<![a-z_])([a-z_]+)="((?:[^"\\]|\\.)*)"/g;
/** Containers of one node: more than a node takes pods, by far. */
const MAX_CONTAINERS = 10_000;
/** More than that is no figure: of bytes, of seconds, of ms since the epoch (the year 9999). */
const MAX_VALUE = Number.MAX_SAFE_INTEGER;
const MAX_AT = Date.UTC(9999, 11, 31);

/**
 * Reads what a kubelet says under /metrics/resource. A container, or a pod, of which something is missing is left out, as
 * if it had not started yet. Undefined where the node's own figures are missing. Source: pkg/scraper of metrics-server.
 * @param now ms, where a line has no time
 */
export function parseResourceMetrics(text: string, now: number): NodeReading | undefined {
  const node: Partial<Point> = {};
  const pods = new Map<string, Map<string, Partial<Point>>>();
  let left = MAX_CONTAINERS;
  const containerOf = (labels: string): Partial<Point> => {
    const { namespace = '', pod = '', container = '' } = labelsOf(labels);
    const key = `${namespace}/${pod}`;
    let containers = pods.get(key);
    if (!containers) pods.set(key, (containers = new Map<string, Partial<Point>>()));
    let point = containers.get(container);
    if (!point) {
      point = {};
      if (left-- > 0) containers.set(container, point);
    }
    return point;
  };
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) continue;
    const match = LINE.exec(line.trimEnd());
    if (!match) continue;
    const [, name, labels = '', text = '', time] = match;
    const value = Number(text);
    const at = time ? Number(time) : now;
    if (!(value >= 0 && value <= MAX_VALUE) || at > MAX_AT) continue;
    if (name === 'node_cpu_usage_seconds_total') Object.assign(node, { cpuSeconds: value, at });
    else if (name === 'node_memory_working_set_bytes') node.memoryBytes = value;
    else if (name === 'container_cpu_usage_seconds_total')
      Object.assign(containerOf(labels), { cpuSeconds: value, at });
    else if (name === 'container_memory_working_set_bytes') containerOf(labels).memoryBytes = value;
    else if (name === 'container_start_time_seconds') containerOf(labels).startedAt = value * 1000;
  }
  if (!isWhole(node)) return undefined;
  const whole = new Map<string, Map<string, Point>>();
  for (const [key, containers] of pods) {
    const points = new Map<string, Point>();
    for (const [name, point] of containers) if (isWhole(point)) points.set(name, point);
    if (points.size > 0 && points.size === containers.size) whole.set(key, points);
  }
  return { node, pods: whole };
}

const isWhole = (point: Partial<Point>): point is Point =>
  point.cpuSeconds !== undefined && point.memoryBytes !== undefined && point.at !== undefined;

function labelsOf(text: string): Partial<Record<'namespace' | 'pod' | 'container', string>> {
  const labels: Record<string, string> = {};
  for (const [, name = '', value = ''] of text.matchAll(LABEL)) {
    if (name === 'namespace' || name === 'pod' || name === 'container') labels[name] = value;
  }
  return labels;
}
