import type { MetricSpec, MetricStatus, ResourceMetricSource, ResourceMetricStatus } from '../../../schema/types.ts';
import type { Parts } from '../../meta/object.ts';
import { isRecord } from '../../meta/record.ts';

/**
 * Metrics of autoscaling/v2 as the annotations of v1 hold them: flat, with one field per kind of target.
 */
type Shape = Record<string, unknown>;

/** A field that is an object, by its fields; undefined where there is none. */
function part(of: Shape, field: string): Shape | undefined {
  const value = of[field];
  if (!value) return undefined;
  return isRecord(value) ? value : {};
}

/** A copy without undefined and empty values. */
const clean = (object: Shape): Shape =>
  Object.fromEntries(Object.entries(object).filter(([, v]) => v !== undefined && v !== null));

/** What is aimed at; v1 does not say of which type it is. */
const targetOf = (type: string, value: unknown, averageValue: unknown, averageUtilization?: unknown): Shape =>
  clean({ type, averageUtilization, value, averageValue });

/** An object's value is no pointer in v1: nought stands for none where there is an average. */
const objectTarget = ({ targetValue, averageValue }: Shape): Shape =>
  averageValue == null
    ? targetOf('Value', targetValue, undefined)
    : targetOf('AverageValue', targetValue === '0' ? undefined : targetValue, averageValue);

export function metricToV1(m: Parts<MetricSpec>): Shape {
  const { type, resource, containerResource, pods, object, external } = m;
  const named = (r: Parts<ResourceMetricSource>): Shape => ({
    name: r.name,
    targetAverageUtilization: r.target?.averageUtilization,
    targetAverageValue: r.target?.averageValue,
  });
  return clean({
    type,
    object:
      object &&
      clean({
        target: object.describedObject,
        metricName: object.metric?.name,
        targetValue: object.target?.value ?? '0',
        selector: object.metric?.selector,
        averageValue: object.target?.averageValue,
      }),
    pods:
      pods &&
      clean({
        metricName: pods.metric?.name,
        targetAverageValue: pods.target?.averageValue,
        selector: pods.metric?.selector,
      }),
    resource: resource && clean(named(resource)),
    containerResource:
      containerResource && clean({ ...named(containerResource), container: containerResource.container }),
    external:
      external &&
      clean({
        metricName: external.metric?.name,
        metricSelector: external.metric?.selector,
        targetValue: external.target?.value,
        targetAverageValue: external.target?.averageValue,
      }),
  });
}

export function metricFromV1(m: Shape): Shape {
  const [object, pods, resource] = [part(m, 'object'), part(m, 'pods'), part(m, 'resource')];
  const [containerResource, external] = [part(m, 'containerResource'), part(m, 'external')];
  const named = ({ name, targetAverageUtilization: share, targetAverageValue }: Shape): Shape => ({
    name,
    target: targetOf(share == null ? 'AverageValue' : 'Utilization', undefined, targetAverageValue, share),
  });
  return clean({
    type: m['type'],
    object: object && {
      describedObject: object['target'],
      target: objectTarget(object),
      metric: clean({ name: object['metricName'], selector: object['selector'] }),
    },
    pods: pods && {
      metric: clean({ name: pods['metricName'], selector: pods['selector'] }),
      target: targetOf('AverageValue', undefined, pods['targetAverageValue']),
    },
    resource: resource && named(resource),
    containerResource: containerResource && { ...named(containerResource), container: containerResource['container'] },
    external: external && {
      metric: clean({ name: external['metricName'], selector: external['metricSelector'] }),
      target: targetOf(
        external['targetValue'] == null ? 'AverageValue' : 'Value',
        external['targetValue'],
        external['targetAverageValue'],
      ),
    },
  });
}

export function metricStatusToV1(m: Parts<MetricStatus>): Shape {
  const { type, resource, containerResource, pods, object, external } = m;
  const named = (r: Parts<ResourceMetricStatus>): Shape => ({
    name: r.name,
    currentAverageUtilization: r.current?.averageUtilization,
    currentAverageValue: r.current?.averageValue ?? '0',
  });
  return clean({
    type,
    object:
      object &&
      clean({
        target: object.describedObject,
        metricName: object.metric?.name,
        currentValue: object.current?.value ?? '0',
        selector: object.metric?.selector,
        averageValue: object.current?.averageValue,
      }),
    pods:
      pods &&
      clean({
        metricName: pods.metric?.name,
        currentAverageValue: pods.current?.averageValue,
        selector: pods.metric?.selector,
      }),
    resource: resource && clean(named(resource)),
    containerResource:
      containerResource && clean({ ...named(containerResource), container: containerResource.container }),
    external:
      external &&
      clean({
        metricName: external.metric?.name,
        metricSelector: external.metric?.selector,
        currentValue: external.current?.value ?? '0',
        currentAverageValue: external.current?.averageValue,
      }),
  });
}

export function metricStatusFromV1(m: Shape): Shape {
  const [object, pods, resource] = [part(m, 'object'), part(m, 'pods'), part(m, 'resource')];
  const [containerResource, external] = [part(m, 'containerResource'), part(m, 'external')];
  const named = (r: Shape): Shape => ({
    name: r['name'],
    current: clean({ averageUtilization: r['currentAverageUtilization'], averageValue: r['currentAverageValue'] }),
  });
  const value = (v: unknown, averageValue: unknown): Shape => clean({ value: v, averageValue });
  return clean({
    type: m['type'],
    object: object && {
      metric: clean({ name: object['metricName'], selector: object['selector'] }),
      current: value(object['currentValue'], object['averageValue']),
      describedObject: object['target'],
    },
    pods: pods && {
      metric: clean({ name: pods['metricName'], selector: pods['selector'] }),
      current: value(undefined, pods['currentAverageValue']),
    },
    resource: resource && named(resource),
    containerResource: containerResource && { ...named(containerResource), container: containerResource['container'] },
    external: external && {
      metric: clean({ name: external['metricName'], selector: external['metricSelector'] }),
      current: value(external['currentValue'], external['currentAverageValue']),
    },
  });
}
