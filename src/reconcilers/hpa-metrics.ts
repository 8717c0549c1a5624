import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerStatus, Pod } from '../../schema/types.ts';
import type { Context } from '../control/contract.ts';
import { errorMessage } from '../meta/error-message.ts';
import { parseDuration } from '../go/duration.ts';
import { timeMs } from '../meta/time.ts';
import { replicasFor, type PodUsage } from './hpa-replicas.ts';
import type { ObjectLike, Unchecked } from '../meta/object.ts';
import { parseLabelSelector } from '../meta/labels.ts';
import { formatQuantity, quantityMilli, quantityOfMilli } from '../meta/quantity.ts';

/** Usage within so much of the target changes nothing (--horizontal-pod-autoscaler-tolerance). */
const TOLERANCE = 0.1;

type Metric = NonNullable<NonNullable<HorizontalPodAutoscaler['spec']>['metrics']>[0];
type MetricStatus = NonNullable<HorizontalPodAutoscalerStatus['currentMetrics']>[0];

export interface Measured {
  replicas: number;
  /** which metric decided, as conditions and events say it */
  name: string;
  reason: string;
  statuses: MetricStatus[];
}

/** No metric of the autoscaler could be read. */
export class MetricError extends Error {
  override name = 'MetricError';
  constructor(
    readonly reason: string,
    message: string,
    readonly summary: string,
  ) {
    super(message);
  }
}

/** metrics.k8s.io/v1beta1, as whoever serves it wrote it. */
interface PodMetrics extends ObjectLike {
  /** RFC 3339, and as Go writes durations */
  timestamp?: string;
  window?: string;
  containers: { name: string; usage: Record<string, string> }[];
}

/** The largest of the sizes that the metrics ask for. @param selector of the target's pods, as text; @throws MetricError when none can be read */
export async function computeReplicas(
  hpa: HorizontalPodAutoscaler,
  selector: string,
  current: number,
  ctx: Context,
): Promise<Measured> {
  const metrics = hpa.spec?.metrics ?? [];
  const failures: { reason: string; message: string; summary: string }[] = [];
  const statuses: MetricStatus[] = [];
  let best: Measured | undefined;
  for (const metric of metrics) {
    try {
      const measured = await measure(metric, hpa, selector, current, ctx);
      statuses.push(...measured.statuses);
      if (!best || measured.replicas > best.replicas) best = measured;
    } catch (error) {
      failures.push(failureOf(metric, errorMessage(error)));
    }
  }
  // With one unreadable metric the others may make it larger, never smaller.
  if (best && (failures.length === 0 || best.replicas >= current)) return { ...best, statuses };
  const [first] = failures;
  const summary = `invalid metrics (${failures.length} invalid out of ${metrics.length}), first error is: ${first?.summary}`;
  throw new MetricError(first?.reason ?? 'InvalidMetricSourceType', first?.message ?? 'no metrics', summary);
}

function failureOf(metric: Metric, message: string): { reason: string; message: string; summary: string } {
  const name =
    metric.resource?.name ??
    metric.containerResource?.name ??
    metric.pods?.metric.name ??
    metric.object?.metric.name ??
    metric.external?.metric.name ??
    '';
  const reason = `FailedGet${metric.type}Metric`;
  if (metric.type === 'Resource') {
    const what = metric.resource?.target.averageUtilization !== undefined ? `failed to get ${name} utilization: ` : '';
    return {
      reason,
      message: `${what}${message}`,
      summary: `failed to get ${name} resource metric value: ${what}${message}`,
    };
  }
  return { reason, message, summary: `failed to get ${metric.type.toLowerCase()} metric value: ${message}` };
}

async function measure(
  metric: Metric,
  hpa: HorizontalPodAutoscaler,
  selector: string,
  current: number,
  ctx: Context,
): Promise<Measured> {
  const source = metric.type === 'ContainerResource' ? metric.containerResource : metric.resource;
  if (!source || (metric.type !== 'Resource' && metric.type !== 'ContainerResource')) {
    const group = metric.type === 'External' ? 'external' : 'custom';
    throw new Error(
      `unable to fetch metrics from ${group} metrics API: no ${group} metrics API (${group}.metrics.k8s.io) registered`,
    );
  }
  const container = metric.containerResource?.container;
  const usage = await usageOf(hpa.metadata.namespace ?? '', source.name, container, ctx);
  const parsed = parseLabelSelector(selector);
  const pods = ctx
    .informer('pods')
    .list(hpa.metadata.namespace)
    .filter((pod) => parsed.matches(pod.metadata.labels));
  const { averageUtilization, averageValue } = source.target;
  const { scaleUp, scaleDown } = hpa.spec?.behavior ?? {};
  const toleranceOf = (text: string | undefined): number =>
    text === undefined ? TOLERANCE : quantityMilli(text) / 1000;
  const requests = new Map(pods.map((pod) => [pod.metadata.name, requestOf(pod, source.name, container)]));
  const wanted = averageUtilization ?? quantityMilli(String(averageValue));
  const sum = (values: Iterable<number>): number => [...values].reduce((all, each) => all + each, 0);
  const utilizationOf = (values: ReadonlyMap<string, number>): number => {
    const requested = sum([...values.keys()].map((pod) => requests.get(pod) ?? 0));
    if (requested === 0) throw new Error(`missing request for ${source.name} in container of Pod`);
    return Math.floor((sum(values.values()) * 100) / requested);
  };
  const { replicas, ratio, values } = replicasFor({
    pods,
    usage,
    cpu: source.name === 'cpu',
    current,
    tolerances: { up: toleranceOf(scaleUp?.tolerance), down: toleranceOf(scaleDown?.tolerance) },
    now: ctx.clock.now(),
    ratio: (all) => (averageUtilization !== undefined ? utilizationOf(all) : sum(all.values()) / all.size) / wanted,
    assumed: (pod) =>
      averageUtilization === undefined ? wanted : ((requests.get(pod) ?? 0) * Math.max(100, wanted)) / 100,
  });
  const used = sum(values.values());
  const name = container ? `${source.name} container resource` : `${source.name} resource`;
  const what = averageUtilization !== undefined ? `${name} utilization (percentage of request)` : name;
  const currentValue = {
    averageValue: formatQuantity(quantityOfMilli(used / values.size)),
    ...(averageUtilization !== undefined && { averageUtilization: utilizationOf(values) }),
  };
  const field = container
    ? { containerResource: { container, name: source.name, current: currentValue } }
    : { resource: { name: source.name, current: currentValue } };
  const status: MetricStatus = { type: metric.type, ...field };
  return {
    replicas,
    name: what,
    reason: `${what} ${ratio > 1 ? 'above' : 'below'} target`.replace(
      /^(.*) below target$/,
      'All metrics below target',
    ),
    statuses: [status],
  };
}

/** Thousandths by pod, from the resource metrics API where one is installed. */
async function usageOf(
  namespace: string,
  resource: string,
  container: string | undefined,
  ctx: Context,
): Promise<Map<string, PodUsage>> {
  let items: Unchecked<PodMetrics>[];
  try {
    ({ items } = await ctx.client.list('pods.metrics.k8s.io', { namespace }));
  } catch {
    const reason = 'the server could not find the requested resource (get pods.metrics.k8s.io)';
    throw new Error(
      `unable to get metrics for resource ${resource}: unable to fetch metrics from resource metrics API: ${reason}`,
    );
  }
  return new Map(
    items.flatMap(({ metadata, timestamp, window = '', containers = [] }) => {
      const chosen = containers.filter(({ name, usage }) => (!container || name === container) && usage?.[resource]);
      // a container of which nothing is known makes the pod's metrics missing, not small
      if (chosen.length === 0 || (!container && chosen.length < containers.length)) return [];
      const value = chosen.reduce((sum, { usage }) => sum + quantityMilli(usage?.[resource] ?? '0'), 0);
      const at = timestamp ? timeMs(timestamp) : ctx.clock.now();
      return [[metadata.name, { value, at, windowMs: parseDuration(window) ?? 0 }] as const];
    }),
  );
}

const requestOf = (pod: Pod, resource: string, container: string | undefined): number =>
  (pod.spec?.containers ?? [])
    .filter(({ name }) => !container || name === container)
    .reduce((sum, { resources }) => sum + quantityMilli(resources?.requests?.[resource] ?? '0'), 0);
