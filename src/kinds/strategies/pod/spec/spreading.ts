import type { TopologySpreadConstraint } from '../../../../../schema/types.ts';
import { duplicate, invalid, notSupported, required, type FieldError, type Path } from '../../../../meta/field.ts';
import type { Parts } from '../../../../meta/object.ts';
import { validateLabelSelector } from '../../../validation/labels.ts';
import { addLabelKeys } from './label-keys.ts';

const ACTIONS = ['DoNotSchedule', 'ScheduleAnyway'];
const POLICIES = ['Honor', 'Ignore'];
const NOT_POSITIVE = 'must be greater than zero';

const pairOf = ({ topologyKey = '', whenUnsatisfiable = '' as never }: Parts<TopologySpreadConstraint>): string =>
  JSON.stringify([topologyKey, whenUnsatisfiable]);

/** core/v1 validateTopologySpreadConstraints. */
export function addSpreading(
  errors: FieldError[],
  constraints: readonly Parts<TopologySpreadConstraint>[] | undefined,
  at: Path,
): void {
  // of equal ones all but the last are told
  const last = new Map(constraints?.map((constraint, i) => [pairOf(constraint), i]));
  constraints?.forEach((constraint, i) => {
    const here = at.index(i);
    const { maxSkew = 0, topologyKey = '', minDomains } = constraint;
    const action: string = constraint.whenUnsatisfiable ?? '';
    if (maxSkew <= 0) errors.push(invalid(here.child('maxSkew'), maxSkew, NOT_POSITIVE));
    if (!topologyKey) errors.push(required(here.child('topologyKey'), 'can not be empty'));
    if (!ACTIONS.includes(action)) errors.push(notSupported(here.child('whenUnsatisfiable'), action, ACTIONS));
    if (last.get(pairOf(constraint)) !== i) {
      errors.push(duplicate(here.child('{topologyKey, whenUnsatisfiable}'), `{${topologyKey}, ${action}}`));
    }
    if (minDomains != null) {
      if (minDomains <= 0) errors.push(invalid(here.child('minDomains'), minDomains, NOT_POSITIVE));
      if (action !== 'DoNotSchedule') {
        errors.push(
          invalid(
            here.child('minDomains'),
            minDomains,
            `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`,
          ),
        );
      }
    }
    for (const field of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
      const policy = constraint[field];
      if (policy != null && !POLICIES.includes(policy)) errors.push(notSupported(here.child(field), policy, POLICIES));
    }
    addLabelKeys(errors, constraint.matchLabelKeys ?? [], [], constraint.labelSelector, here);
    errors.push(...validateLabelSelector(constraint.labelSelector, here.child('labelSelector')));
  });
}
