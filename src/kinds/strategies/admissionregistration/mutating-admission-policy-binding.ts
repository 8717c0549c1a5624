import type { MutatingAdmissionPolicyBinding } from '../../../../schema/optional-types.ts';
import type { Strategy } from '../../kind.ts';
import { defaultMatch, matchResourcesErrors } from './match-resources.ts';
import { mutableErrors } from './mutating-admission-policy.ts';
import { SPEC } from './policy-parts.ts';
import { cells, paramRefErrors, policyNameErrors } from './validating-admission-policy-binding.ts';

/** admissionregistration.k8s.io/v1beta1 MutatingAdmissionPolicyBinding */
export const mutatingAdmissionPolicyBindingStrategy: Strategy<MutatingAdmissionPolicyBinding> = {
  metadata: { whole: 1, update: false, finalizers: 'any' },
  unconditionalUpdate: false,
  defaults({ spec }) {
    if (spec?.matchResources) defaultMatch(spec.matchResources);
  },
  validate({ spec = {} }) {
    const at = SPEC.child('matchResources');
    return [
      ...policyNameErrors(spec.policyName ?? ''),
      ...paramRefErrors(spec.paramRef, SPEC.child('paramRef')),
      ...matchResourcesErrors(spec.matchResources, at),
      ...mutableErrors(spec.matchResources, at),
    ];
  },
  relations: [
    {
      field: 'policy',
      to: 'mutatingadmissionpolicies.admissionregistration.k8s.io',
      back: 'bindings',
      form: 'name',
      name: ({ spec }) => spec?.policyName,
    },
  ],
  cells,
};
