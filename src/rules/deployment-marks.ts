/** By what a Deployment marks its ReplicaSets. Source: deployment/util of kube-controller-manager, kubectl's rollback. */
export const HASH_LABEL = 'pod-template-hash';
export const REVISION = 'deployment.kubernetes.io/revision';
export const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';

/** Annotations that a Deployment and its ReplicaSets have each for themselves, whatever the revision. */
export const OWN_ANNOTATIONS: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
]);

/** The number of a revision as an annotation has it, exactly; undefined where it is no integer of 64 bits. */
export function parseRevision(text: string | undefined): bigint | undefined {
  // no longer one is an int64, zeros before it aside
  if (text === undefined || !/^[+-]?0*\d{1,19}$/.test(text)) return undefined;
  const revision = BigInt(text.replace('+', ''));
  return BigInt.asIntN(64, revision) === revision ? revision : undefined;
}
