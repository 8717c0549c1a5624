import type { PodDisruptionBudget } from '../../../../schema/types.ts';
import { invalid, notSupported, Path, type FieldError } from '../../../meta/field.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { validateConditions } from '../../validation/conditions.ts';
import { validateAtMost100Percent, validatePositiveIntOrPercent } from '../../validation/int-or-percent.ts';
import { validateLabelSelector } from '../../validation/labels.ts';
import { pathSegmentName } from '../../validation/names.ts';
import { validateNonNegative } from '../../validation/values.ts';
import { shownSelector } from '../pod-template.ts';
import { internalValue } from '../../internal-value.ts';
import { statusWith, withStatus } from '../status-split.ts';
import type { Unchecked } from '../../../meta/object.ts';
import { count, since } from '../../cells.ts';
import { selectedPods } from '../../relation.ts';

const SPEC = Path.root('spec');
const STATUS = Path.root('status');
const POLICIES = ['AlwaysAllow', 'IfHealthyBudget'];

/** policy/v1 PodDisruptionBudget. Nothing checks its name but the rule for all names. */
export const podDisruptionBudgetStrategy: Strategy<PodDisruptionBudget> = withStatus<PodDisruptionBudget>({
  metadata: { update: false, finalizers: 'any' },
  name: pathSegmentName,
  unconditionalUpdate: false,
  prepareForCreate(object) {
    object.status = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
  },
  validate({ spec = {} }) {
    const errors: FieldError[] = [];
    if (spec.minAvailable != null && spec.maxUnavailable != null) {
      const value = internalValue('io.k8s.api.policy.v1.PodDisruptionBudgetSpec', {
        ...spec,
        selector: shownSelector(spec.selector),
      });
      errors.push(invalid(SPEC, value, 'minAvailable and maxUnavailable cannot be both set'));
    }
    for (const field of ['minAvailable', 'maxUnavailable'] as const)
      errors.push(
        ...validatePositiveIntOrPercent(spec[field], SPEC.child(field)),
        ...validateAtMost100Percent(spec[field], SPEC.child(field)),
      );
    errors.push(...validateLabelSelector(spec.selector, SPEC.child('selector')));
    const policy = spec.unhealthyPodEvictionPolicy;
    if (policy != null && !POLICIES.includes(policy))
      errors.push(notSupported(SPEC.child('unhealthyPodEvictionPolicy'), policy, POLICIES));
    return errors;
  },
  subresources: {
    status: {
      ...statusWith<PodDisruptionBudget>(({ status = {} }) => [
        ...validateConditions(status.conditions, STATUS.child('conditions')),
        ...(['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const).flatMap((field) =>
          validateNonNegative(status[field], STATUS.child(field)),
        ),
      ]),
      metadata: { update: false },
    },
  },
  relations: [selectedPods('podDisruptionBudgets')],
  cells,
});

function cells({ metadata, spec, status }: Unchecked<PodDisruptionBudget>, now: number): Cell[] {
  return [
    metadata.name,
    spec?.minAvailable === undefined ? 'N/A' : String(spec.minAvailable),
    spec?.maxUnavailable === undefined ? 'N/A' : String(spec.maxUnavailable),
    count(status?.disruptionsAllowed),
    since(metadata.creationTimestamp, now),
  ];
}
