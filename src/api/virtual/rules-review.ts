import { badRequest } from '../../meta/status.ts';
import { MASTERS } from '../authorization/authorizer.ts';
import type { PolicyRule } from '../authorization/rules.ts';
import type { Question } from './create-virtual.ts';

const everything: PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/** All that the caller may do in a namespace, as `kubectl auth can-i --list` shows it. */
export const selfSubjectRulesReview: Question = (core, ctx, _target, object) => {
  const namespace: string = object['spec']?.namespace ?? '';
  if (!namespace) throw badRequest('no namespace on request');
  const { rules, errors } = core.authorizer.rbac.rulesFor(ctx.user, namespace);
  const all = ctx.user.groups.includes(MASTERS) ? [...everything, ...rules] : rules;
  const resourceRules = all.filter((r) => r.resources?.length).map(({ verbs, apiGroups, resources, resourceNames }) => ({ verbs, apiGroups, resources, ...(resourceNames?.length && { resourceNames }) }));
  const nonResourceRules = all.filter((r) => r.nonResourceURLs?.length).map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs }));
  object['status'] = { resourceRules, nonResourceRules, incomplete: errors.length > 0, ...(errors.length && { evaluationError: errors.join(', ') }) };
};
