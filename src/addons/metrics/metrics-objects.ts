import type { Node, Pod } from '../../../schema/types.ts';
import { formatDuration } from '../../go/duration.ts';
import { formatQuantity } from '../../meta/quantity.ts';
import { formatTime } from '../../meta/time.ts';
import { GROUP, VERSION } from './manifests.ts';
import type { Readings, Usage } from './readings.ts';

export type Resources = { cpu: string; memory: string };

interface Metrics {
  kind: string;
  apiVersion: string;
  metadata: { name: string; namespace?: string; creationTimestamp: string; labels?: Record<string, string> };
  /** RFC 3339 */
  timestamp: string;
  /** as Go writes durations: `15.02s` */
  window: string;
}
export interface NodeMetrics extends Metrics {
  usage: Resources;
}
export interface PodMetrics extends Metrics {
  containers: { name: string; usage: Resources }[];
}

/** metrics.k8s.io/v1beta1 NodeMetrics; undefined until the node has been measured. @param now ms */
export function nodeMetrics({ metadata }: Node, readings: Readings, now: number): NodeMetrics | undefined {
  const usage = readings.node(metadata.name);
  if (!usage) return undefined;
  const { name, labels } = metadata;
  return { ...head('NodeMetrics', { name, labels }, usage, now), usage: resourcesOf(usage) };
}

/** metrics.k8s.io/v1beta1 PodMetrics; undefined until all its containers have been measured. @param now ms */
export function podMetrics({ metadata, spec }: Pod, readings: Readings, now: number): PodMetrics | undefined {
  const { name, namespace = '', labels } = metadata;
  const usages = readings.pod(spec?.nodeName ?? '', namespace, name);
  if (!usages) return undefined;
  let earliest: Usage | undefined;
  for (const usage of usages.values()) if (!earliest || usage.at < earliest.at) earliest = usage;
  if (!earliest) return undefined;
  const containers = [...usages].map(([container, usage]) => ({ name: container, usage: resourcesOf(usage) }));
  return { ...head('PodMetrics', { name, namespace, labels }, earliest, now), containers };
}

function head(
  kind: string,
  { name, namespace, labels }: { name: string; namespace?: string; labels: Record<string, string> | undefined },
  { at, windowMs }: Usage,
  now: number,
): Metrics {
  return {
    kind,
    apiVersion: `${GROUP}/${VERSION}`,
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      creationTimestamp: formatTime(now),
      ...(labels && { labels }),
    },
    timestamp: formatTime(at),
    window: formatDuration(windowMs),
  };
}

const resourcesOf = ({ cores, memoryBytes }: Usage): Resources => ({
  cpu: formatQuantity({ nano: BigInt(Math.round(cores * 1e9)), format: 'DecimalSI' }),
  memory: formatQuantity({ nano: BigInt(Math.round(memoryBytes)) * 1_000_000_000n, format: 'BinarySI' }),
});
