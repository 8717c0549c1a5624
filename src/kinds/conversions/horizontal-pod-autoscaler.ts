import type { KubeObject } from '../../meta/object.ts';
import { structSchema } from '../builtin-schema.ts';
import { readStruct, Walk } from '../decode-struct.ts';
import type { Kind } from '../kind.ts';
import { metricFromV1, metricToV1, metricStatusFromV1, metricStatusToV1 } from './hpa-metrics.ts';

const PREFIX = 'autoscaling.alpha.kubernetes.io/';
const METRICS = `${PREFIX}metrics`;
const CURRENT = `${PREFIX}current-metrics`;
const CONDITIONS = `${PREFIX}conditions`;
const BEHAVIOR = `${PREFIX}behavior`;

type Any = any;

/** What an autoscaler keeps to that names no metric at all, % of the request. */
export const DEFAULT_CPU_UTILIZATION = 80;

const isCpu = (m: Any): boolean => m.type === 'Resource' && m.resource?.name === 'cpu';
const isCpuTarget = (m: Any): boolean => isCpu(m) && m.resource.target?.averageUtilization != null;
const cpuTarget = (averageUtilization: number): Any => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});

/** What stands in an annotation, as a value of this type of autoscaling/v2. What a user broke is as good as none. */
function readAs(type: string, value: Any): Any {
  const walk = new Walk();
  const read = readStruct(structSchema(`io.k8s.api.autoscaling.v2.${type}`), value, walk);
  return walk.error === undefined ? read : undefined;
}

function parsed(annotations: Record<string, string>, key: string): unknown {
  try {
    return annotations[key] === undefined ? undefined : JSON.parse(annotations[key]);
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A list of values; undefined where one of them is none of its type. */
function readList(
  annotations: Record<string, string>,
  key: string,
  type: string,
  from: (item: Any) => Any = (item) => item,
): Any[] | undefined {
  const list = parsed(annotations, key);
  const read = Array.isArray(list) && list.every(isObject) ? list.map((item) => readAs(type, from(item))) : [undefined];
  return read.includes(undefined) ? undefined : read;
}

const otherMetrics = (annotations: Record<string, string>): Any[] | undefined =>
  readList(annotations, METRICS, 'MetricSpec', metricFromV1);

/** Whether an object of v1 names metrics that only v2 knows. */
export const hasMetricsAnnotation = ({ metadata }: KubeObject): boolean =>
  !!otherMetrics(metadata.annotations ?? {})?.length;

function withAnnotations(object: KubeObject, annotations: Record<string, string>): KubeObject['metadata'] {
  const { annotations: _, ...metadata } = object.metadata;
  return Object.keys(annotations).length ? { ...metadata, annotations } : metadata;
}

function toStorage(object: KubeObject): KubeObject {
  const annotations = { ...object.metadata.annotations };
  const others = otherMetrics(annotations);
  const current = readList(annotations, CURRENT, 'MetricStatus', metricStatusFromV1);
  const conditions = readList(annotations, CONDITIONS, 'HorizontalPodAutoscalerCondition');
  const given = parsed(annotations, BEHAVIOR);
  const behavior = isObject(given) ? readAs('HorizontalPodAutoscalerBehavior', given) : undefined;
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

function fromStorage(object: KubeObject): KubeObject {
  const annotations = { ...object.metadata.annotations };
  const { metrics, behavior, ...spec } = object.spec ?? {};
  const { currentMetrics, conditions, ...status } = object.status ?? {};
  // v1 has room for one: the first metric of CPU, where it is a share of the request
  const cpu = [(metrics ?? []).find(isCpu)].find((m) => m && isCpuTarget(m));
  const others = (metrics ?? []).filter((m: Any) => !isCpuTarget(m));
  if (others.length) annotations[METRICS] = JSON.stringify(others.map(metricToV1));
  if (currentMetrics?.length) annotations[CURRENT] = JSON.stringify(currentMetrics.map(metricStatusToV1));
  if (conditions?.length) annotations[CONDITIONS] = JSON.stringify(conditions);
  if (behavior) annotations[BEHAVIOR] = JSON.stringify(behavior);
  const used = (currentMetrics ?? []).find(isCpu)?.resource.current?.averageUtilization;
  return {
    ...object,
    ...(object.apiVersion && { apiVersion: 'autoscaling/v1' }),
    metadata: withAnnotations(object, annotations),
    spec: { ...spec, ...(cpu && { targetCPUUtilizationPercentage: cpu.resource.target.averageUtilization }) },
    status: { ...status, ...(used != null && { currentCPUUtilizationPercentage: used }) },
  };
}

/** autoscaling/v1 knows one CPU target; what else v2 has travels in annotations, so that nothing is lost. */
export const horizontalPodAutoscalersV1: NonNullable<Kind['convert']> = { toStorage, fromStorage };
