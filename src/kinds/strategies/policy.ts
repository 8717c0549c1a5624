import { invalid, notSupported, Path, required, type FieldError } from '../../meta/field.ts';
import type { Strategy } from '../kind.ts';
import { validateLabelSelector } from '../validation/labels.ts';
import { validateIntOrPercent, validateNonNegative, validatePositive } from '../validation/values.ts';
import { withStatus } from './status-split.ts';

/** policy, autoscaling and coordination: small kinds of a few rules each. */
type Errors = FieldError[];
const SPEC = Path.root('spec');

export const podDisruptionBudgetStrategy: Strategy = withStatus({
  unconditionalUpdate: false,
  prepareForCreate(object) {
    object.status = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
  },
  validate({ spec }) {
    const errors: Errors = [];
    if (spec?.minAvailable !== undefined && spec?.maxUnavailable !== undefined) {
      // The value is the whole internal struct as Go's encoder writes it.
      const internal = {
        MinAvailable: spec.minAvailable,
        Selector: spec.selector ?? null,
        MaxUnavailable: spec.maxUnavailable,
        UnhealthyPodEvictionPolicy: spec.unhealthyPodEvictionPolicy ?? null,
      };
      errors.push(invalid(SPEC, internal, 'minAvailable and maxUnavailable cannot be both set'));
    }
    for (const field of ['minAvailable', 'maxUnavailable']) errors.push(...validateIntOrPercent(spec?.[field], SPEC.child(field)));
    if (spec?.unhealthyPodEvictionPolicy && !['AlwaysAllow', 'IfHealthyBudget'].includes(spec.unhealthyPodEvictionPolicy))
      errors.push(notSupported(SPEC.child('unhealthyPodEvictionPolicy'), spec.unhealthyPodEvictionPolicy, ['AlwaysAllow', 'IfHealthyBudget']));
    return [...errors, ...validateLabelSelector(spec?.selector, SPEC.child('selector'))];
  },
});

/** Stored as autoscaling/v2. */
export const horizontalPodAutoscalerStrategy: Strategy = withStatus({
  generation: false,
  defaults({ spec }) {
    if (!spec) return;
    spec.minReplicas ??= 1;
    if (!('targetCPUUtilizationPercentage' in spec) && !spec.metrics?.length)
      spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }];
    const up = spec.behavior?.scaleUp;
    const down = spec.behavior?.scaleDown;
    if (spec.behavior) {
      spec.behavior.scaleUp = { stabilizationWindowSeconds: 0, selectPolicy: 'Max', policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }, { type: 'Percent', value: 100, periodSeconds: 15 }], ...up };
      spec.behavior.scaleDown = { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }], ...down };
    }
  },
  prepareForCreate(object) {
    object.status = { desiredReplicas: 0, currentMetrics: null };
  },
  validate({ spec }) {
    const errors: Errors = [];
    const min = spec?.minReplicas;
    if (min !== undefined && min < 1) errors.push(invalid(SPEC.child('minReplicas'), min, 'must be greater than or equal to 1'));
    if ((spec?.maxReplicas ?? 0) < 1) errors.push(invalid(SPEC.child('maxReplicas'), spec?.maxReplicas ?? 0, 'must be greater than 0'));
    if (min !== undefined && (spec?.maxReplicas ?? 0) < min) errors.push(invalid(SPEC.child('maxReplicas'), spec.maxReplicas, 'must be greater than or equal to `minReplicas`'));
    const at = SPEC.child('scaleTargetRef');
    const target = spec?.scaleTargetRef ?? {};
    if (!target.kind) errors.push(required(at.child('kind')));
    if (!target.name) errors.push(required(at.child('name')));
    if (!target.apiVersion?.includes('/') && target.kind !== 'ReplicationController') errors.push(invalid(at.child('apiVersion'), target.apiVersion ?? '', 'apiVersion must specify API group'));
    return errors;
  },
});

export const leaseStrategy: Strategy = {
  generation: false,
  createOnUpdate: true,
  unconditionalUpdate: false,
  validate: ({ spec }) => [
    ...validatePositive(spec?.leaseDurationSeconds, SPEC.child('leaseDurationSeconds')),
    ...validateNonNegative(spec?.leaseTransitions, SPEC.child('leaseTransitions')),
    ...(spec?.strategy === undefined || ['OldestEmulationVersion'].includes(spec.strategy) ? [] : [notSupported(SPEC.child('strategy'), spec.strategy, ['OldestEmulationVersion'])]),
  ],
};
