import type { ClusterRole } from '../../../../schema/types.ts';
import { invalid, Path, required, type FieldError } from '../../../meta/field.ts';
import type { Unchecked } from '../../../meta/object.ts';
import { validateLabelSelector } from '../../validation/labels.ts';
import { rbacStrategy } from './names.ts';
import { policyRuleErrors } from './policy-rules.ts';

const SELECTORS = Path.root('aggregationRule').child('clusterRoleSelectors');

/** A bad selector is said twice: what is wrong with it, and that it is no selector (whose value is then none). */
function aggregationErrors(object: Unchecked<ClusterRole>): FieldError[] {
  if (!object.aggregationRule) return [];
  const selectors = object.aggregationRule.clusterRoleSelectors ?? [];
  if (selectors.length === 0)
    return [required(SELECTORS, 'at least one clusterRoleSelector required if aggregationRule is non-nil')];
  return selectors.flatMap((selector, i) => {
    const at = SELECTORS.index(i);
    const errors = validateLabelSelector(selector, at);
    return errors.length ? [...errors, invalid(at, null, 'invalid label selector.')] : errors;
  });
}

export const clusterRoleStrategy = rbacStrategy<ClusterRole>((object) => [
  ...policyRuleErrors(object.rules, false),
  ...aggregationErrors(object),
]);
