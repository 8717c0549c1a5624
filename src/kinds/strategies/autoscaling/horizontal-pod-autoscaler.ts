import { invalid, Path, type FieldError } from '../../../meta/field.ts';
import type { KubeObject, Parts, Unchecked } from '../../../meta/object.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { DEFAULT_CPU_UTILIZATION, hasMetricsAnnotation } from '../../conversions/horizontal-pod-autoscaler.ts';
import { validateNonNegative } from '../../validation/values.ts';
import { statusWith, withStatus } from '../status-split.ts';
import { defaultBehavior, validateBehavior } from './behavior.ts';
import { validateMetrics, validateReference } from './metrics.ts';
import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '../../../../schema/types.ts';
import { count, listWithMore, NONE, since, UNKNOWN, UNSET } from '../../cells.ts';

const SPEC = Path.root('spec');
const STATUS = Path.root('status');
const FIRST = 'autoscaling/v1';

/** autoscaling HorizontalPodAutoscaler, stored as v2 */
export const horizontalPodAutoscalerStrategy: Strategy = withStatus({
  generation: false,
  defaults(object) {
    const spec = (object.spec ??= {});
    spec.minReplicas ??= 1;
    if (object.apiVersion === FIRST) {
      if (spec.targetCPUUtilizationPercentage == null && !hasMetricsAnnotation(object))
        spec.targetCPUUtilizationPercentage = DEFAULT_CPU_UTILIZATION;
      return;
    }
    if (!spec.metrics?.length)
      spec.metrics = [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: DEFAULT_CPU_UTILIZATION } },
        },
      ];
    if (spec.behavior) defaultBehavior(spec.behavior);
  },
  prepareForCreate(object) {
    object.status = { desiredReplicas: 0, currentMetrics: null };
  },
  validate: ({ spec }) => validateSpec(spec),
  subresources: {
    status: statusWith(({ status }) =>
      ['currentReplicas', 'desiredReplicas'].flatMap((field) =>
        validateNonNegative(status?.[field], STATUS.child(field)),
      ),
    ),
  },
  cells,
});

function validateSpec(spec: KubeObject['spec']): FieldError[] {
  const errors: FieldError[] = [];
  const min: number | undefined = spec.minReplicas;
  const max: number = spec.maxReplicas ?? 0;
  const at = SPEC.child('maxReplicas');
  if (min != null && min < 1)
    errors.push(invalid(SPEC.child('minReplicas'), min, 'must be greater than or equal to 1'));
  if (max < 1) errors.push(invalid(at, max, 'must be greater than 0'));
  if (min != null && max < min) errors.push(invalid(at, max, 'must be greater than or equal to `minReplicas`'));
  return [
    ...errors,
    ...validateReference(spec.scaleTargetRef ?? {}, SPEC.child('scaleTargetRef'), true),
    ...validateMetrics(spec.metrics, SPEC.child('metrics'), min),
    ...validateBehavior(spec.behavior, SPEC.child('behavior')),
  ];
}

/** Metrics that are shown of an autoscaler. */
const SHOWN = 2;

function cells({ metadata, spec, status }: Unchecked<HorizontalPodAutoscaler>, now: number): Cell[] {
  const metrics = (spec?.metrics ?? []).map((metric, i) => metricText(metric, status?.currentMetrics?.[i]));
  return [
    metadata.name,
    `${spec?.scaleTargetRef?.kind}/${spec?.scaleTargetRef?.name}`,
    listWithMore(metrics, SHOWN, ', ') || NONE,
    spec?.minReplicas === undefined ? UNSET : String(spec.minReplicas),
    count(spec?.maxReplicas),
    count(status?.currentReplicas),
    since(metadata.creationTimestamp, now),
  ];
}

/** What is measured and what is wanted: `cpu: 12%/80%`. */
function metricText(spec: Parts<MetricSpec>, status: Parts<MetricStatus> | undefined): string {
  switch (spec.type) {
    case 'Resource':
      return resourceMetric(spec.resource, status?.resource?.current);
    case 'ContainerResource':
      return resourceMetric(spec.containerResource, status?.containerResource?.current);
    case 'External':
      return valueMetric(spec.external?.target, status?.external?.current);
    case 'Object':
      return valueMetric(spec.object?.target, status?.object?.current);
    case 'Pods':
      return `${status?.pods?.current?.averageValue ?? UNKNOWN}/${spec.pods?.target?.averageValue}`;
    default:
      return '<unknown type>';
  }
}

type Target = Parts<MetricTarget> | undefined;
type Current = Parts<MetricValueStatus> | undefined;

function resourceMetric(spec: { name?: string; target?: Parts<MetricTarget> } | undefined, current: Current): string {
  const target = spec?.target;
  if (target?.averageValue !== undefined)
    return `${spec?.name}: ${current?.averageValue ?? UNKNOWN}/${target.averageValue}`;
  const percent = (value: number | undefined, none: string) => (value === undefined ? none : `${value}%`);
  return `${spec?.name}: ${percent(current?.averageUtilization, UNKNOWN)}/${percent(target?.averageUtilization, '<auto>')}`;
}

const valueMetric = (target: Target, current: Current): string =>
  target?.averageValue !== undefined
    ? `${current?.averageValue ?? UNKNOWN}/${target.averageValue} (avg)`
    : `${current ? (current.value ?? '0') : UNKNOWN}/${target?.value ?? '0'}`;
