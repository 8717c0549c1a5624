import type { Check } from './admission.ts';

/** `Strict` groups need a runtime that can, which the node says of itself (KEP-3619). */
export const supplementalGroups: Check = ({ pod, node }) => {
  if (pod.spec?.securityContext?.supplementalGroupsPolicy !== 'Strict') return undefined;
  if (node.status?.features?.supplementalGroupsPolicy) return undefined;
  return {
    reason: 'SupplementalGroupsPolicyNotSupported',
    message: 'SupplementalGroupsPolicy=Strict is not supported in this node',
  };
};
