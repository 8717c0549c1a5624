import type { PolicyRule } from '../../../../schema/types.ts';
import { invalid, Path, required, type FieldError } from '../../../meta/field.ts';
import type { Parts } from '../../../meta/object.ts';

/** A rule speaks of resources or of other URLs; of these only in a ClusterRole. */
function ruleErrors(rule: Parts<PolicyRule>, at: Path, namespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const urls = rule.nonResourceURLs;
  if (!rule.verbs?.length) errors.push(required(at.child('verbs'), 'verbs must contain at least one value'));
  if (urls?.length) {
    const here = at.child('nonResourceURLs');
    if (namespaced) errors.push(invalid(here, urls, 'namespaced rules cannot apply to non-resource URLs'));
    if (rule.apiGroups?.length || rule.resources?.length || rule.resourceNames?.length) {
      errors.push(invalid(here, urls, 'rules cannot apply to both regular resources and non-resource URLs'));
    }
    return errors;
  }
  if (!rule.apiGroups?.length)
    errors.push(required(at.child('apiGroups'), 'resource rules must supply at least one api group'));
  if (!rule.resources?.length)
    errors.push(required(at.child('resources'), 'resource rules must supply at least one resource'));
  return errors;
}

export const policyRuleErrors = (rules: readonly Parts<PolicyRule>[] | undefined, namespaced: boolean): FieldError[] =>
  (rules ?? []).flatMap((rule, i) => ruleErrors(rule, Path.root('rules').index(i), namespaced));
