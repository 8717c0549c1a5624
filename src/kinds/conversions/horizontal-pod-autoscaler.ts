import type { KubeObject } from '../../meta/object.ts';
import type { Kind } from '../kind.ts';
import { metricFromV1, metricToV1, metricStatusFromV1, metricStatusToV1 } from './hpa-metrics.ts';

const PREFIX = 'autoscaling.alpha.kubernetes.io/';
const METRICS = `${PREFIX}metrics`;
const CURRENT = `${PREFIX}current-metrics`;
const CONDITIONS = `${PREFIX}conditions`;
const BEHAVIOR = `${PREFIX}behavior`;

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Any = any;

const isCpu = (m: Any): boolean => m.type === 'Resource' && m.resource?.name === 'cpu';
const isCpuTarget = (m: Any): boolean => isCpu(m) && m.resource.target?.averageUtilization !== undefined;

function parsed(annotations: Record<string, string>, key: string): Any {
  try {
    return annotations[key] === undefined ? undefined : JSON.parse(annotations[key]);
  } catch {
    // an annotation that a user broke is as good as none
    return undefined;
  }
}

function withAnnotations(object: KubeObject, annotations: Record<string, string>): KubeObject['metadata'] {
  const { annotations: _, ...metadata } = object.metadata;
  return Object.keys(annotations).length ? { ...metadata, annotations } : metadata;
}

function toStorage(object: KubeObject): KubeObject {
  const annotations = { ...object.metadata.annotations };
  const found = {
    metrics: parsed(annotations, METRICS),
    current: parsed(annotations, CURRENT),
    conditions: parsed(annotations, CONDITIONS),
    behavior: parsed(annotations, BEHAVIOR),
  };
  for (const key of [METRICS, CURRENT, CONDITIONS, BEHAVIOR]) delete annotations[key];
  const { targetCPUUtilizationPercentage: cpu, ...spec } = object.spec ?? {};
  const metrics = [
    ...(cpu == null ? [] : [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: cpu } } }]),
    ...(Array.isArray(found.metrics) ? found.metrics.map(metricFromV1) : []),
  ];
  const { currentCPUUtilizationPercentage: used, ...status } = object.status ?? {};
  const current = [
    ...(Array.isArray(found.current) ? found.current.map(metricStatusFromV1) : []),
    ...(used == null || (Array.isArray(found.current) && found.current.some(isCpu))
      ? []
      : [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: used } } }]),
  ];
  return {
    ...object,
    ...(object.apiVersion && { apiVersion: 'autoscaling/v2' }),
    metadata: withAnnotations(object, annotations),
    spec: { ...spec, ...(metrics.length && { metrics }), ...(found.behavior && { behavior: found.behavior }) },
    status: { ...status, ...(current.length && { currentMetrics: current }), ...(found.conditions && { conditions: found.conditions }) },
  };
}

function fromStorage(object: KubeObject): KubeObject {
  const annotations = { ...object.metadata.annotations };
  const { metrics, behavior, ...spec } = object.spec ?? {};
  const { currentMetrics, conditions, ...status } = object.status ?? {};
  const cpu = (metrics ?? []).find(isCpuTarget);
  const others = (metrics ?? []).filter((m: Any) => m !== cpu);
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
