import type { Node, Pod } from '../../../schema/types.ts';
import { parseQuantity, quantityMilli, quantityValue } from '../../meta/quantity.ts';
import { lastingContainers } from '../../rules/containers.ts';
import type { NodeReading, Point } from './parse-resource-metrics.ts';

/** On a pod: what all its containers together use. Without it usage goes up and down around half of the requests. */
const CPU = 'ku7s.io/cpu-usage';
const MEMORY = 'ku7s.io/memory-usage';
/** What would be more, or less than nothing, is not meant. */
const MAX_MILLI = 1e18;
const SHARE = 0.5;
/** of that half: how far it goes up and down, and how long that takes, ms */
const SWING = 0.3;
const PERIOD_MS = 10 * 60_000;
/** of a container without requests, and of a node beside its pods: thousandths of a processor, and bytes */
const IDLE_MILLI = 5;
const IDLE_BYTES = 16 * 1024 * 1024;
const NODE_MILLI = 100;
const NODE_BYTES = 512 * 1024 * 1024;

/** Whether the node runs nothing and has no kubelet that could be asked. */
export const isSimulated = ({ status }: Node): boolean =>
  status?.nodeInfo?.containerRuntimeVersion.startsWith('simulated://') ?? false;

/**
 * What a simulated node's kubelet would say at `now` and would have said `windowMs` before: the first two points at once,
 * for nothing has to be waited for.
 */
export function simulatedReadings(pods: readonly Pod[], now: number, windowMs: number): [NodeReading, NodeReading] {
  const total = { milli: NODE_MILLI, bytes: NODE_BYTES };
  const before = new Map<string, Map<string, Point>>();
  const last = new Map<string, Map<string, Point>>();
  const between = (milli: number, memoryBytes: number): [Point, Point] => [
    { at: now - windowMs, cpuSeconds: 0, memoryBytes },
    { at: now, cpuSeconds: (milli / 1000) * (windowMs / 1000), memoryBytes },
  ];
  for (const pod of pods) {
    if (pod.status?.phase !== 'Running') continue;
    const containers = lastingContainers(pod.spec);
    const points = containers.map(({ name, resources }) => {
      const { cpu, memory } = resources?.requests ?? {};
      const milli =
        said(pod, CPU, containers.length) ?? wave(pod.metadata.uid, now, cpu ? quantityMilli(cpu) : IDLE_MILLI * 2);
      const bytes =
        (said(pod, MEMORY, containers.length) ?? (memory ? quantityValue(memory) : IDLE_BYTES * 2) * SHARE * 1000) /
        1000;
      total.milli += milli;
      total.bytes += bytes;
      return [name, between(milli, Math.round(bytes))] as const;
    });
    const key = `${pod.metadata.namespace}/${pod.metadata.name}`;
    before.set(key, new Map(points.map(([name, [first]]) => [name, first])));
    last.set(key, new Map(points.map(([name, [, second]]) => [name, second])));
  }
  const [first, second] = between(total.milli, Math.round(total.bytes));
  return [
    { node: first, pods: before },
    { node: second, pods: last },
  ];
}

/** Thousandths of each container, by the pod's annotation; undefined where it says nothing that can be read. */
function said({ metadata }: Pod, annotation: string, containers: number): number | undefined {
  const text = metadata.annotations?.[annotation];
  if (!text) return undefined;
  try {
    const milli = Number(parseQuantity(text).nano) / 1e6;
    return milli >= 0 && milli <= MAX_MILLI ? milli / containers : undefined;
  } catch {
    return undefined;
  }
}

/** Around a part of what is requested, each pod at a time of its own. */
function wave(uid: string, now: number, requested: number): number {
  const phase = Number.parseInt(uid.slice(0, 8), 16) || 0;
  const turn = ((now + phase) % PERIOD_MS) / PERIOD_MS;
  return requested * SHARE * (1 + SWING * Math.sin(2 * Math.PI * turn));
}
