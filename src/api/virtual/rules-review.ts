import type { SelfSubjectRulesReview } from '../../../schema/types.ts';
import type { Unchecked } from '../../meta/object.ts';
import { badRequest } from '../../meta/status.ts';
import { nodeNameOf } from '../authorization/node-authorizer.ts';
import type { Question } from './question.ts';

const NODES = 'node authorizer does not support user rule resolution';

const namespaceOf = (object: Unchecked<SelfSubjectRulesReview>): string => object.spec?.namespace ?? '';

/** All that the caller may do in a namespace by the rules of roles, as `kubectl auth can-i --list` shows it. The answer repeats nothing of the question. */
export const selfSubjectRulesReview: Question = {
  check({ object }) {
    if (!namespaceOf(object)) throw badRequest('no namespace on request');
  },
  answer({ core, ctx, object }) {
    const { rules, errors } = core.authorizer.rbac.rulesFor(ctx.user, namespaceOf(object));
    const isNode = nodeNameOf(ctx.user) !== undefined;
    const all = isNode ? [NODES, ...errors] : errors;
    const resourceRules = rules
      .filter((rule) => rule.resources?.length)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({
        verbs,
        apiGroups,
        resources,
        ...(resourceNames?.length && { resourceNames }),
      }));
    const nonResourceRules = rules
      .filter((rule) => rule.nonResourceURLs?.length)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs }));
    object.metadata = {} as never;
    object['spec'] = {};
    const evaluationError = all.length === 1 ? all[0] : `[${all.join(', ')}]`;
    object['status'] = {
      resourceRules,
      nonResourceRules,
      incomplete: isNode,
      ...(all.length > 0 && { evaluationError }),
    };
  },
};
