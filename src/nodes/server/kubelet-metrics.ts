import { KUBELET } from '../../rules/metrics/families.ts';
import { linesOf, metricsOf } from '../../rules/metrics/metrics.ts';
import { processLines } from '../../rules/metrics/process-metrics.ts';

/** What is counted of a pod. */
interface CountedPod {
  readonly sandbox: unknown;
  readonly containers: readonly { readonly running: unknown }[];
}

/** The kubelet's own numbers (`/metrics`); those of what pods use are at `/metrics/resource`. */
export function kubeletMetrics(node: string, pods: readonly CountedPod[]): string {
  const metrics = metricsOf(KUBELET);
  metrics.nodeName.of(node).set(1);
  metrics.runningPods.of().set(pods.filter(({ sandbox }) => sandbox !== undefined).length);
  const states = { running: 0, exited: 0 };
  for (const { containers } of pods) for (const { running } of containers) states[running ? 'running' : 'exited']++;
  for (const [state, containers] of Object.entries(states)) metrics.runningContainers.of(state).set(containers);
  return `${[...linesOf(metrics), ...processLines()].join('\n')}\n`;
}
