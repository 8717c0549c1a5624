import { Pace } from '../api/write/pace.ts';
import { checkedKinds } from '../kinds/cel/checked-kinds.ts';
import { policyWarnings } from '../kinds/cel/check-policy.ts';
import type { PolicyWarnings } from '../reconcilers/validatingadmissionpolicystatus.ts';

/** Nanoseconds of a second, by which kube-controller-manager tells the names of types apart. */
const SUFFIXES = 1e9;

/** Checks the expressions of policies, while others have their turn. @param optional versions that are served when asked for */
export const policyChecker =
  (optional: readonly string[]): PolicyWarnings =>
  async (policy, definitions, random) =>
    new Pace().run(policyWarnings(policy, checkedKinds(optional, definitions), () => Math.floor(random() * SUFFIXES)));
