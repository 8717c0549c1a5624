import type {
  AutoscalingV1HorizontalPodAutoscaler,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerBehavior,
  HorizontalPodAutoscalerCondition,
  MetricSpec,
  MetricStatus,
} from '../../../schema/types.ts';
import type { ObjectLike, ObjectMeta, Parts, Unchecked } from '../../meta/object.ts';
import { isRecord } from '../../meta/record.ts';
import { structSchema } from '../builtin-schema.ts';
import { readStruct, Walk } from '../decode-struct.ts';
import type { Conversion } from '../kind.ts';
import { metricFromV1, metricToV1, metricStatusFromV1, metricStatusToV1 } from './hpa-metrics.ts';

const PREFIX = 'autoscaling.alpha.kubernetes.io/';
const METRICS = `${PREFIX}metrics`;
const CURRENT = `${PREFIX}current-metrics`;
const CONDITIONS = `${PREFIX}conditions`;
const BEHAVIOR = `${PREFIX}behavior`;

type First = Unchecked<AutoscalingV1HorizontalPodAutoscaler>;
type Stored = Unchecked<HorizontalPodAutoscaler>;
type Annotations = Record<string, string>;

/** The types of autoscaling/v2 that annotations hold. */
interface Held {
  MetricSpec: MetricSpec;
  MetricStatus: MetricStatus;
  HorizontalPodAutoscalerCondition: HorizontalPodAutoscalerCondition;
  HorizontalPodAutoscalerBehavior: HorizontalPodAutoscalerBehavior;
}

/** What an autoscaler keeps to that names no metric at all, % of the request. */
export const DEFAULT_CPU_UTILIZATION = 80;

const isCpu = (m: Parts<MetricSpec> | Parts<MetricStatus>): boolean =>
  m.type === 'Resource' && m.resource?.name === 'cpu';
const targetOf = (m: Parts<MetricSpec> | undefined): number | undefined =>
  m && isCpu(m) ? m.resource?.target?.averageUtilization : undefined;
const cpuTarget = (averageUtilization: number): Parts<MetricSpec> => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});

/** What stands in an annotation, as a value of this type of autoscaling/v2. What a user broke is as good as none. */
function readAs<T extends keyof Held>(type: T, value: Record<string, unknown>): Parts<Held[T]> | undefined {
  const walk = new Walk();
  const read = readStruct(structSchema(`io.k8s.api.autoscaling.v2.${type}`), value, walk);
  // read by the schema that the type was made from
  return walk.error === undefined ? (read as Parts<Held[T]>) : undefined;
}

function parsed(annotations: Annotations, key: string): unknown {
  try {
    return annotations[key] === undefined ? undefined : JSON.parse(annotations[key]);
  } catch {
    return undefined;
  }
}

/** A list of values; undefined where one of them is none of its type. */
function readList<T extends keyof Held>(
  annotations: Annotations,
  key: string,
  type: T,
  from: (item: Record<string, unknown>) => Record<string, unknown> = (item) => item,
): Parts<Held[T]>[] | undefined {
  const list = parsed(annotations, key);
  if (!Array.isArray(list) || !list.every(isRecord)) return undefined;
  const read = list.flatMap((item) => readAs(type, from(item)) ?? []);
  return read.length === list.length ? read : undefined;
}

const otherMetrics = (annotations: Annotations): Parts<MetricSpec>[] | undefined =>
  readList(annotations, METRICS, 'MetricSpec', metricFromV1);

/** Whether an object of v1 names metrics that only v2 knows. */
export const hasMetricsAnnotation = ({ metadata }: ObjectLike): boolean =>
  !!otherMetrics(metadata.annotations ?? {})?.length;

function withAnnotations(object: ObjectLike, annotations: Annotations): ObjectMeta {
  const { annotations: _, ...metadata } = object.metadata;
  return Object.keys(annotations).length ? { ...metadata, annotations } : metadata;
}

function toStorage(object: First): Stored {
  const annotations = { ...object.metadata.annotations };
  const others = otherMetrics(annotations);
  const current = readList(annotations, CURRENT, 'MetricStatus', metricStatusFromV1);
  const conditions = readList(annotations, CONDITIONS, 'HorizontalPodAutoscalerCondition');
  const given = parsed(annotations, BEHAVIOR);
  const behavior = isRecord(given) ? readAs('HorizontalPodAutoscalerBehavior', given) : undefined;
  for (const key of [METRICS, CURRENT, CONDITIONS, BEHAVIOR]) delete annotations[key];
  const { targetCPUUtilizationPercentage: cpu, ...spec } = object.spec ?? {};
  const metrics = [...(others ?? []), ...(cpu == null ? [] : [cpuTarget(cpu)])];
  const { currentCPUUtilizationPercentage: used, ...status } = object.status ?? {};
  const usedCpu =
    used == null ? [] : [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: used } } }];
  const currentMetrics = current ?? usedCpu;
  return {
    ...object,
    ...(object.apiVersion && { apiVersion: 'autoscaling/v2' }),
    metadata: withAnnotations(object, annotations),
    spec: {
      ...spec,
      metrics: metrics.length ? metrics : [cpuTarget(DEFAULT_CPU_UTILIZATION)],
      ...(behavior && { behavior }),
    },
    status: { ...status, ...(currentMetrics.length && { currentMetrics }), ...(conditions && { conditions }) },
  };
}

function fromStorage(object: Stored): First {
  const annotations = { ...object.metadata.annotations };
  const { metrics = [], behavior, ...spec } = object.spec ?? {};
  const { currentMetrics, conditions, ...status } = object.status ?? {};
  // v1 has room for one: the first metric of CPU, where it is a share of the request
  const cpu = targetOf(metrics.find(isCpu));
  const others = metrics.filter((m) => targetOf(m) == null);
  if (others.length) annotations[METRICS] = JSON.stringify(others.map(metricToV1));
  if (currentMetrics?.length) annotations[CURRENT] = JSON.stringify(currentMetrics.map(metricStatusToV1));
  if (conditions?.length) annotations[CONDITIONS] = JSON.stringify(conditions);
  if (behavior) annotations[BEHAVIOR] = JSON.stringify(behavior);
  const used = (currentMetrics ?? []).find(isCpu)?.resource?.current?.averageUtilization;
  return {
    ...object,
    ...(object.apiVersion && { apiVersion: 'autoscaling/v1' }),
    metadata: withAnnotations(object, annotations),
    spec: { ...spec, ...(cpu != null && { targetCPUUtilizationPercentage: cpu }) },
    status: { ...status, ...(used != null && { currentCPUUtilizationPercentage: used }) },
  };
}

/** autoscaling/v1 knows one CPU target; what else v2 has travels in annotations, so that nothing is lost. */
export const horizontalPodAutoscalersV1: Conversion<First, Stored> = { toStorage, fromStorage };
