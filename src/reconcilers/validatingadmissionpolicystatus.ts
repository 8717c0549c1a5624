import type { CustomResourceDefinition, ExpressionWarning, ValidatingAdmissionPolicy } from '../../schema/types.ts';
import { unlessGone } from '../control/conflict.ts';
import type { Reconciler } from '../control/contract.ts';

const POLICIES = 'validatingadmissionpolicies.admissionregistration.k8s.io';
const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';
const MANAGER = 'validatingadmissionpolicy-status';

/** What the expressions of a policy have against the kinds that it is about. @param random from 0 up to 1 */
export type PolicyWarnings = (
  policy: ValidatingAdmissionPolicy,
  definitions: readonly CustomResourceDefinition[],
  random: () => number,
) => Promise<ExpressionWarning[]>;

/**
 * Says of each generation of a policy once that it has been seen, and what does not fit in its expressions. Source:
 * kube-controller-manager's controller of this name.
 */
export const validatingadmissionpolicystatus = (warningsOf: PolicyWarnings): Reconciler => ({
  name: 'validatingadmissionpolicy-status',
  watches: [{ resource: POLICIES }, { resource: DEFINITIONS, keys: () => [] }],
  async reconcile(name, { client, informer, random }) {
    const policy = informer(POLICIES).get('', name);
    const { generation: observedGeneration = 0 } = policy?.metadata ?? {};
    if (!policy || observedGeneration <= (policy.status?.observedGeneration ?? 0)) return;
    const expressionWarnings = await warningsOf(policy, informer(DEFINITIONS).list(), random);
    const typeChecking = expressionWarnings.length ? { expressionWarnings } : {};
    const status = { observedGeneration, typeChecking };
    const { apiVersion, kind } = policy;
    const patch = { apiVersion, kind, metadata: { name }, status };
    const options = { type: 'apply', subresource: 'status', fieldManager: MANAGER, force: true } as const;
    await unlessGone(client.patch(POLICIES, '', name, patch, options));
  },
});
