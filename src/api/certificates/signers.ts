import type { CertificateRequest } from '../../rules/certificates/certificate-request.ts';
import {
  KUBELET_CLIENT,
  kubeletClientProblem,
  KUBELET_SERVING,
  kubeletServingProblem,
} from '../../rules/certificates/kubelet-requests.ts';

/** Why a signer does not sign a request; undefined where it does. */
type Problem = (request: CertificateRequest, usages: readonly string[]) => string | undefined;

export const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client';

const clientProblem: Problem = (_, usages) => {
  const other = usages.find((usage) => !['client auth', 'digital signature', 'key encipherment'].includes(usage));
  if (other !== undefined) return `invalid usage for client certificate: ${other}`;
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth';
};

/** Signers that this cluster's authority serves. Source: pkg/controller/certificates/signer of Kubernetes. */
export const SIGNERS: ReadonlyMap<string, Problem> = new Map([
  [CLIENT_SIGNER, clientProblem],
  [KUBELET_CLIENT, kubeletClientProblem],
  [KUBELET_SERVING, kubeletServingProblem],
  // from before signers had names: it signs all that is approved, and nothing can ask for it any more
  ['kubernetes.io/legacy-unknown', () => undefined],
]);
