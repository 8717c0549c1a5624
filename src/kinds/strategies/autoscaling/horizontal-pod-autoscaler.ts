import { invalid, Path, type FieldError } from '../../../meta/field.ts';
import type { KubeObject } from '../../../meta/object.ts';
import type { Strategy } from '../../kind.ts';
import { DEFAULT_CPU_UTILIZATION, hasMetricsAnnotation } from '../../conversions/horizontal-pod-autoscaler.ts';
import { validateNonNegative } from '../../validation/values.ts';
import { statusWith, withStatus } from '../status-split.ts';
import { defaultBehavior, validateBehavior } from './behavior.ts';
import { validateMetrics, validateReference } from './metrics.ts';

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
