import type { MatchResources } from '../../../../schema/types.ts';
import { notSupported, required, type FieldError, type Path } from '../../../meta/field.ts';
import type { Parts } from '../../../meta/object.ts';
import { validateLabelSelector } from '../../validation/labels.ts';
import { defaultRules, namedRuleErrors } from './match-rules.ts';

export const MATCH_POLICIES = ['Equivalent', 'Exact'];
export const FAILURE_POLICIES = ['Fail', 'Ignore'];

/** What webhooks and policies have in common: nothing said of objects is all of them. */
export function defaultMatch(match: Parts<MatchResources>): void {
  match.matchPolicy ??= 'Equivalent';
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  defaultRules(match.resourceRules);
  defaultRules(match.excludeResourceRules);
}

export function matchResourcesErrors(match: Parts<MatchResources> | undefined, at: Path): FieldError[] {
  if (!match) return [];
  const errors: FieldError[] = [];
  const policy = match.matchPolicy;
  if (policy === undefined) errors.push(required(at.child('matchPolicy')));
  else if (!MATCH_POLICIES.includes(policy)) errors.push(notSupported(at.child('matchPolicy'), policy, MATCH_POLICIES));
  errors.push(...validateLabelSelector(match.namespaceSelector, at.child('namespaceSelector')));
  errors.push(...validateLabelSelector(match.objectSelector, at.child('objectSelector')));
  for (const field of ['resourceRules', 'excludeResourceRules'] as const) {
    match[field]?.forEach((rule, i) => errors.push(...namedRuleErrors(rule, at.child(field).index(i))));
  }
  return errors;
}
