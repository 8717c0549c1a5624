import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerStatus, LabelSelector, Pod } from '../../schema/types.ts';
import type { Context } from '../control/contract.ts';
import { printSelector } from '../go/print-selector.ts';
import { errorMessage } from '../meta/error-message.ts';
import { labelSelectorAsSelector } from '../meta/labels.ts';
import { formatQuantity, quantityMilli, type Quantity } from '../meta/quantity.ts';
import { replicasForRatio, replicasForShares } from './hpa-ratios.ts';
import { externalMetric, objectMetric, podsMetric, resourceUsage } from './hpa-readings.ts';
import { replicasFor, type PodUsage, type Tolerances } from './hpa-replicas.ts';
import { requestsOf } from './hpa-requests.ts';

export type MetricSpec = NonNullable<NonNullable<HorizontalPodAutoscaler['spec']>['metrics']>[0];
export type MetricStatus = NonNullable<HorizontalPodAutoscalerStatus['currentMetrics']>[0];

/** What a metric is measured for. */
export interface Subject {
  namespace: string;
  /** of the target's pods, as text */
  selector: string;
  pods: readonly Pod[];
  /** of the target: as many as it is to have, and as it has */
  replicas: number;
  existing: number;
  tolerances: Tolerances;
}

export interface Measured {
  replicas: number;
  /** as conditions and events say it */
  name: string;
  status: MetricStatus;
}

/** A metric that cannot be read. The message is for conditions and events; `summary` says which metric it is, too. */
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

/**
 * The size that one metric asks for. Source: computeReplicasForMetric of kube-controller-manager, with its words.
 * @throws MetricError
 */
export async function measure(metric: MetricSpec, subject: Subject, ctx: Context): Promise<Measured> {
  const source = SOURCES[metric.type];
  if (!source) {
    const message = `unknown metric source type ${JSON.stringify(metric.type)}`;
    throw new MetricError('InvalidMetricSourceType', message, message);
  }
  try {
    return await source.measure(metric, subject, ctx);
  } catch (error) {
    const message = errorMessage(error);
    throw new MetricError(
      `FailedGet${metric.type}Metric`,
      message,
      `failed to get ${source.title(metric)} value: ${message}`,
    );
  }
}

interface Source {
  title(metric: MetricSpec): string;
  measure(metric: MetricSpec, subject: Subject, ctx: Context): Promise<Measured>;
}

const SOURCES: Readonly<Record<string, Source>> = {
  Resource: {
    title: ({ resource }) => `${resource?.name} resource metric`,
    async measure({ resource }, subject, ctx) {
      const { replicas, name, current } = await measureResource(need(resource), subject, ctx);
      return { replicas, name, status: { type: 'Resource', resource: { name: need(resource).name, current } } };
    },
  },
  ContainerResource: {
    title: ({ containerResource }) => `${containerResource?.container} container metric`,
    async measure({ containerResource }, subject, ctx) {
      const { replicas, name, current } = await measureResource(need(containerResource), subject, ctx);
      const { container, name: resource } = need(containerResource);
      const status = { type: 'ContainerResource', containerResource: { container, name: resource, current } };
      return { replicas, name, status };
    },
  },
  Pods: { title: () => 'pods metric', measure: measurePods },
  Object: { title: () => 'object metric', measure: measureObject },
  External: { title: ({ external }) => `${external?.metric.name} external metric`, measure: measureExternal },
};

async function measureResource(
  { name, target, container }: { name: string; target: Target; container?: string },
  subject: Subject,
  ctx: Context,
) {
  const { averageUtilization, averageValue } = target;
  const usageOf = (): Promise<Map<string, PodUsage>> =>
    resourceUsage(ctx, { ...subject, resource: name, container }).catch((error: unknown) => {
      throw new Error(`unable to get metrics for resource ${name}: ${errorMessage(error)}`);
    });
  const format = name === 'memory' ? 'BinarySI' : 'DecimalSI';
  if (averageValue !== undefined) {
    const found = await failing(`failed to get ${name} usage`, async () =>
      plainReplicas(await usageOf(), quantityMilli(averageValue), subject, ctx, name),
    );
    return {
      replicas: found.replicas,
      name: `${name} resource`,
      current: { averageValue: milliText(found.usage, format) },
    };
  }
  if (averageUtilization === undefined)
    throw new Error(
      'invalid resource metric source: neither an average utilization target nor an average value (usage) target was set',
    );
  const found = await failing(`failed to get ${name} utilization`, async () =>
    utilizationReplicas(await usageOf(), averageUtilization, subject, ctx, name, container),
  );
  const what = container === undefined ? 'resource' : 'container resource';
  return {
    replicas: found.replicas,
    name: `${name} ${what} utilization (percentage of request)`,
    current: { averageUtilization: found.utilization, averageValue: milliText(found.usage, format) },
  };
}

/** What a size is found from, whatever is wanted. */
const measuredBy = (
  usage: ReadonlyMap<string, PodUsage>,
  { pods, replicas: current, tolerances }: Subject,
  { clock }: Context,
  resource: string | undefined,
) => ({ pods, usage, cpu: resource === 'cpu', current, tolerances, now: clock.now() });

/** By the pods' share of what they ask for, in percent. */
function utilizationReplicas(
  usage: ReadonlyMap<string, PodUsage>,
  wanted: number,
  subject: Subject,
  ctx: Context,
  resource: string,
  container: string | undefined,
) {
  let known: ReadonlyMap<string, number> | undefined;
  const requests = (): ReadonlyMap<string, number> => (known ??= requestsOf(subject.pods, resource, container));
  const utilizationOf = (values: ReadonlyMap<string, number>): number => {
    const requested = sum([...values.keys()].map((pod) => requests().get(pod) ?? 0));
    if (requested === 0) throw new Error('no metrics returned matched known pods');
    return Math.trunc((sum(values.values()) * 100) / requested);
  };
  const { replicas, values } = replicasFor({
    ...measuredBy(usage, subject, ctx, resource),
    ratio: (all) => utilizationOf(all) / wanted,
    assumed: (pod) => Math.trunc(((requests().get(pod) ?? 0) * Math.max(100, wanted)) / 100),
  });
  return { replicas, usage: average(values), utilization: utilizationOf(values) };
}

/** By what each pod has on average. @param resource undefined: no resource of pods */
function plainReplicas(
  usage: ReadonlyMap<string, PodUsage>,
  wanted: number,
  subject: Subject,
  ctx: Context,
  resource?: string,
) {
  const { replicas, values } = replicasFor({
    ...measuredBy(usage, subject, ctx, resource),
    ratio: (all) => average(all) / wanted,
    assumed: () => wanted,
  });
  return { replicas, usage: average(values) };
}

async function measurePods({ pods }: MetricSpec, subject: Subject, ctx: Context): Promise<Measured> {
  const { metric, target } = need(pods);
  const usage = await failing(`unable to get metric ${metric.name}`, () =>
    podsMetric(ctx, subject.selector, metricOf(metric, subject)),
  );
  const found = plainReplicas(usage, quantityMilli(target.averageValue ?? '0'), subject, ctx);
  const current = { averageValue: milliText(found.usage) };
  return {
    replicas: found.replicas,
    name: `pods metric ${metric.name}`,
    status: { type: 'Pods', pods: { metric, current } },
  };
}

async function measureObject({ object }: MetricSpec, subject: Subject, ctx: Context): Promise<Measured> {
  const { metric, target, describedObject } = need(object);
  const { namespace, pods, existing, tolerances } = subject;
  const statusOf = (current: object): MetricStatus => ({
    type: 'Object',
    object: { describedObject, metric, current },
  });
  const usageOf = (): Promise<number> =>
    objectMetric(ctx, describedObject, metricOf(metric, subject)).catch((error: unknown) => {
      const of = `on ${describedObject.kind} ${namespace}/${describedObject.name}`;
      throw new Error(`unable to get metric ${metric.name}: ${errorMessage(error)} ${of}`);
    });
  if (target.type === 'Value' && target.value !== undefined) {
    const usage = await usageOf();
    const replicas = replicasForRatio(usage / quantityMilli(target.value), subject.replicas, tolerances, pods);
    const name = `${describedObject.kind} metric ${metric.name}`;
    return { replicas, name, status: statusOf({ value: milliText(usage) }) };
  }
  const { averageValue } = target;
  if (target.type === 'AverageValue' && averageValue !== undefined) {
    const usage = await failing(`failed to get ${metric.name} object metric`, usageOf);
    const { replicas, each } = replicasForShares(usage, quantityMilli(averageValue), existing, tolerances);
    return { replicas, name: externalName(metric), status: statusOf({ averageValue: milliText(each) }) };
  }
  throw new Error('invalid object metric source: neither a value target nor an average value target was set');
}

async function measureExternal({ external }: MetricSpec, subject: Subject, ctx: Context): Promise<Measured> {
  const { metric, target } = need(external);
  const { namespace, pods, existing, tolerances } = subject;
  const name = externalName(metric);
  const statusOf = (current: object): MetricStatus => ({ type: 'External', external: { metric, current } });
  const usageOf = async (): Promise<number> => {
    const values = await externalMetric(ctx, metricOf(metric, subject)).catch((error: unknown) => {
      const what = `${namespace}/${metric.name}/${shown(metric.selector)}`;
      throw new Error(`unable to get external metric ${what}: ${errorMessage(error)}`);
    });
    return Math.min(Number(MAX_INT64), sum(values));
  };
  if (target.averageValue !== undefined) {
    const wanted = quantityMilli(target.averageValue);
    const usage = await failing(`failed to get ${metric.name} external metric`, usageOf);
    const { replicas, each } = replicasForShares(usage, wanted, existing, tolerances);
    return { replicas, name, status: statusOf({ averageValue: milliText(each) }) };
  }
  if (target.value !== undefined) {
    const wanted = quantityMilli(target.value);
    const { usage, replicas } = await failing(`failed to get external metric ${metric.name}`, async () => {
      const found = await usageOf();
      return { usage: found, replicas: replicasForRatio(found / wanted, subject.replicas, tolerances, pods) };
    });
    return { replicas, name, status: statusOf({ value: milliText(usage) }) };
  }
  throw new Error('invalid external metric source: neither a value target nor an average value target was set');
}

type Target = NonNullable<MetricSpec['resource']>['target'];
interface MetricName {
  name: string;
  selector?: LabelSelector;
}

const metricOf = ({ name, selector }: MetricName, { namespace }: Subject) => ({
  namespace,
  name,
  metricSelector: labelSelectorAsSelector(selector).toString(),
});

/** The words of kube-controller-manager for a metric of an object with an average, too. */
const externalName = ({ name, selector }: MetricName): string => `external metric ${name}(${shown(selector)})`;
const shown = (selector: LabelSelector | undefined): string => (selector ? printSelector(selector) : '<nil>');

const sum = (values: Iterable<number>): number => {
  let total = 0;
  for (const value of values) total += value;
  return total;
};
const average = (values: ReadonlyMap<string, number>): number => Math.trunc(sum(values.values()) / values.size);

const MAX_INT64 = 2n ** 63n - 1n;

/** A count of thousandths as a Go program says it: what does not fit an int64 is at its end, what is no number at its beginning. */
function milliText(milli: number, format: Quantity['format'] = 'DecimalSI'): string {
  const exact = Number.isFinite(milli) ? BigInt(Math.round(milli)) : -MAX_INT64 - 1n;
  return formatQuantity({ nano: (exact > MAX_INT64 ? MAX_INT64 : exact) * 1_000_000n, format });
}

/** A part that validation makes sure of. */
function need<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('the metric has no source of its type');
  return part;
}

async function failing<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Error(`${what}: ${errorMessage(error)}`, { cause: error });
  }
}
