import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerStatus, Pod } from '../../schema/types.ts';
import type { Context } from '../control/contract.ts';
import { errorMessage } from '../meta/error-message.ts';
import { isPodReady, isPodTerminal } from '../rules/pods.ts';
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
    .filter((pod) => parsed.matches(pod.metadata.labels) && !isPodTerminal(pod));
  const { averageUtilization, averageValue } = source.target;
  const ready = pods.filter((pod) => isPodReady(pod) && usage.has(pod.metadata.name));
  if (ready.length === 0) throw new Error('did not receive metrics for targeted pods (pods might be unready)');
  const used = ready.reduce((sum, pod) => sum + usage.get(pod.metadata.name)!, 0);
  const requested = ready.reduce((sum, pod) => sum + requestOf(pod, source.name, container), 0);
  if (averageUtilization !== undefined && requested === 0)
    throw new Error(`missing request for ${source.name} in container of Pod`);
  const utilization = requested === 0 ? 0 : Math.floor((used * 100) / requested);
  const ratio =
    averageUtilization !== undefined
      ? utilization / averageUtilization
      : used / ready.length / quantityMilli(String(averageValue));
  const replicas = Math.abs(ratio - 1) <= TOLERANCE ? current : Math.ceil(ratio * ready.length);
  const name = container ? `${source.name} container resource` : `${source.name} resource`;
  const what = averageUtilization !== undefined ? `${name} utilization (percentage of request)` : name;
  const currentValue = {
    averageValue: formatQuantity(quantityOfMilli(used / ready.length)),
    ...(averageUtilization !== undefined && { averageUtilization: utilization }),
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
): Promise<Map<string, number>> {
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
    items.map(({ metadata, containers = [] }) => {
      const chosen = containers.filter(({ name }) => !container || name === container);
      return [metadata.name, chosen.reduce((sum, { usage }) => sum + quantityMilli(usage?.[resource] ?? '0'), 0)];
    }),
  );
}

const requestOf = (pod: Pod, resource: string, container: string | undefined): number =>
  (pod.spec?.containers ?? [])
    .filter(({ name }) => !container || name === container)
    .reduce((sum, { resources }) => sum + quantityMilli(resources?.requests?.[resource] ?? '0'), 0);
