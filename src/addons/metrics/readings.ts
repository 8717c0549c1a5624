import type { NodeReading, Point } from './parse-resource-metrics.ts';

/** What is used now. */
export interface Usage {
  /** end of the time over which it was measured, ms since the epoch */
  at: number;
  windowMs: number;
  /** processors */
  cores: number;
  memoryBytes: number;
}

interface Pair {
  last: NodeReading;
  /** of each container the point before, where it has not been started since */
  before: NodeReading | undefined;
}

/** ms that a container must have run for its start to count as a point */
const FRESH_MS = 10_000;

/**
 * The last two readings of each node: as many as there are nodes. A container that is new, or that was started again,
 * counts from its start. Source: pkg/storage of metrics-server.
 */
export class Readings {
  private readonly nodes = new Map<string, Pair>();

  /** @param resolutionMs between two readings of a node */
  constructor(private readonly resolutionMs: number) {}

  put(node: string, reading: NodeReading): void {
    const old = this.nodes.get(node);
    if (old && reading.node.at <= old.last.node.at) return;
    const pods = new Map<string, Map<string, Point>>();
    for (const [key, containers] of reading.pods) {
      const before = new Map<string, Point>();
      for (const [name, point] of containers) {
        const earlier = this.before(point, old?.last.pods.get(key)?.get(name));
        if (earlier) before.set(name, earlier);
      }
      if (before.size) pods.set(key, before);
    }
    const known = old ?? (pods.size ? { last: { node: reading.node } } : undefined);
    this.nodes.set(node, { last: reading, before: known && { node: known.last.node, pods } });
  }

  /** Of a node that says both at once. */
  putBoth(node: string, before: NodeReading, last: NodeReading): void {
    this.nodes.set(node, { last, before });
  }

  /** A node that could not be asked, or is no more. */
  drop(node: string): void {
    this.nodes.delete(node);
  }

  keepOnly(nodes: ReadonlySet<string>): void {
    for (const node of this.nodes.keys()) if (!nodes.has(node)) this.nodes.delete(node);
  }

  node(name: string): Usage | undefined {
    const pair = this.nodes.get(name);
    return pair?.before && usageBetween(pair.before.node, pair.last.node);
  }

  /** By container; undefined until all containers of the pod have been measured. */
  pod(node: string, namespace: string, name: string): ReadonlyMap<string, Usage> | undefined {
    const pair = this.nodes.get(node);
    const key = `${namespace}/${name}`;
    const last = pair?.last.pods.get(key);
    const before = pair?.before?.pods.get(key);
    if (!last || !before) return undefined;
    const usages = new Map<string, Usage>();
    for (const [container, point] of last) {
      const earlier = before.get(container);
      if (!earlier) return undefined;
      const usage = usageBetween(earlier, point);
      if (usage) usages.set(container, usage);
    }
    return usages;
  }

  private before(point: Point, earlier: Point | undefined): Point | undefined {
    const { startedAt, at } = point;
    if (startedAt !== undefined) {
      const ran = at - startedAt;
      if (ran >= FRESH_MS && ran < this.resolutionMs) return { ...point, at: startedAt, cpuSeconds: 0 };
      if (earlier && startedAt >= earlier.at) return undefined;
    }
    return earlier && at > earlier.at ? earlier : undefined;
  }
}

/** Undefined where the count has begun anew. */
function usageBetween(before: Point, last: Point): Usage | undefined {
  const windowMs = last.at - before.at;
  const cpu = last.cpuSeconds - before.cpuSeconds;
  if (windowMs <= 0 || cpu < 0) return undefined;
  return { at: last.at, windowMs, cores: cpu / (windowMs / 1000), memoryBytes: last.memoryBytes };
}
