import type {
  AutoscalingV1HorizontalPodAutoscaler,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerSpec,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '../../../../schema/types.ts';
import { invalid, Path, type FieldError } from '../../../meta/field.ts';
import type { ObjectLike, Parts, Unchecked } from '../../../meta/object.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { DEFAULT_CPU_UTILIZATION, hasMetricsAnnotation } from '../../conversions/horizontal-pod-autoscaler.ts';
import { validateNonNegative } from '../../validation/values.ts';
import { statusWith, withStatus } from '../status-split.ts';
import { defaultBehavior, validateBehavior } from './behavior.ts';
import { validateMetrics, validateReference } from './metrics.ts';
import { count, listWithMore, NONE, since, UNKNOWN, UNSET } from '../../cells.ts';

const SPEC = Path.root('spec');
const STATUS = Path.root('status');
const FIRST = 'autoscaling/v1';

/** autoscaling HorizontalPodAutoscaler, stored as v2 */
export const horizontalPodAutoscalerStrategy: Strategy<HorizontalPodAutoscaler> = withStatus<HorizontalPodAutoscaler>({
  generation: false,
  defaults(object) {
    const spec = (object.spec ??= {});
    spec.minReplicas ??= 1;
    if (isFirst(object)) return defaultFirst(object);
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
  validate: ({ spec = {} }) => validateSpec(spec),
  subresources: {
    status: statusWith<HorizontalPodAutoscaler>(({ status }) =>
      (['currentReplicas', 'desiredReplicas'] as const).flatMap((field) =>
        validateNonNegative(status?.[field], STATUS.child(field)),
      ),
    ),
  },
  relations: [
    {
      field: 'target',
      description: 'What it scales.',
      to: { every: 'scalable' },
      back: 'horizontalPodAutoscalers',
      form: 'reference',
      references: ({ metadata, spec }) =>
        spec?.scaleTargetRef ? [{ ...spec.scaleTargetRef, namespace: metadata.namespace }] : [],
    },
  ],
  cells,
});

/** Defaults come before the conversion. */
const isFirst = (object: ObjectLike): object is Unchecked<AutoscalingV1HorizontalPodAutoscaler> =>
  object.apiVersion === FIRST;

function defaultFirst(object: Unchecked<AutoscalingV1HorizontalPodAutoscaler>): void {
  const spec = (object.spec ??= {});
  if (spec.targetCPUUtilizationPercentage == null && !hasMetricsAnnotation(object))
    spec.targetCPUUtilizationPercentage = DEFAULT_CPU_UTILIZATION;
}

function validateSpec(spec: Parts<HorizontalPodAutoscalerSpec>): FieldError[] {
  const errors: FieldError[] = [];
  const { minReplicas: min, maxReplicas: max = 0 } = spec;
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
