import type { HorizontalPodAutoscaler, Scale } from '../../schema/types.ts';
import type { Context } from '../control/contract.ts';
import { parseLabelSelector } from '../meta/labels.ts';
import { parseQuantity } from '../meta/quantity.ts';
import type { Tolerances } from './hpa-replicas.ts';
import { measure, MetricError, type MetricStatus, type Subject } from './hpa-sources.ts';

/** Usage within so much of the target changes nothing (--horizontal-pod-autoscaler-tolerance). */
const TOLERANCE = 0.1;

export interface Recommendation {
  /** undefined: nothing can be said, for the reason of the first failure */
  replicas?: number;
  /** which metric decided, as conditions and events say it */
  name: string;
  /** in the order of the metrics; one that could not be read has no more than an empty type */
  statuses: MetricStatus[];
  /** of those that could not be read */
  failures: readonly MetricError[];
  /** of the failures */
  summary: string;
}

/**
 * The largest of the sizes that the metrics ask for; with one that cannot be read the others may make it larger, never
 * smaller. Source: computeReplicasForMetrics of kube-controller-manager.
 */
export async function computeReplicas(
  hpa: HorizontalPodAutoscaler,
  { spec, status }: Scale,
  ctx: Context,
): Promise<Recommendation> {
  const metrics = hpa.spec?.metrics ?? [];
  const namespace = hpa.metadata.namespace ?? '';
  const selector = parseLabelSelector(status?.selector ?? '');
  const current = spec?.replicas ?? 0;
  const subject: Subject = {
    namespace,
    selector: selector.toString(),
    pods: ctx
      .informer('pods')
      .list(namespace)
      .filter(({ metadata }) => selector.matches(metadata.labels)),
    replicas: current,
    existing: status?.replicas ?? 0,
    tolerances: tolerancesOf(hpa),
  };
  let replicas = 0;
  let name = '';
  const failures: MetricError[] = [];
  const statuses: MetricStatus[] = [];
  for (const metric of metrics) {
    try {
      const measured = await measure(metric, subject, ctx);
      statuses.push(measured.status);
      if (replicas === 0 || measured.replicas > replicas) ({ replicas, name } = measured);
    } catch (error) {
      if (!(error instanceof MetricError)) throw error;
      failures.push(error);
      statuses.push({ type: '' });
    }
  }
  const summary = `invalid metrics (${failures.length} invalid out of ${metrics.length}), first error is: ${failures[0]?.summary}`;
  const isUnknown = failures.length > 0 && (failures.length === metrics.length || replicas < current);
  return { ...(!isUnknown && { replicas }), name, statuses, failures, summary };
}

/** By direction, where the behaviour says so (KEP-4951). */
function tolerancesOf({ spec }: HorizontalPodAutoscaler): Tolerances {
  const { scaleUp, scaleDown } = spec?.behavior ?? {};
  const of = (text: string | undefined): number =>
    text === undefined ? TOLERANCE : Number(parseQuantity(text).nano) / 1e9;
  return { up: of(scaleUp?.tolerance), down: of(scaleDown?.tolerance) };
}
