import { parseInt64 } from '../go/parse-int.ts';

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
  if (text === undefined) return undefined;
  const read = parseInt64(text);
  return 'why' in read ? undefined : read.value;
}
