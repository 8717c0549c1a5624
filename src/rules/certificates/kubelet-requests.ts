import type { CertificateRequest } from './certificate-request.ts';

export const KUBELET_CLIENT = 'kubernetes.io/kube-apiserver-client-kubelet';
export const KUBELET_SERVING = 'kubernetes.io/kubelet-serving';
export const NODES_GROUP = 'system:nodes';
export const NODE_USER = 'system:node:';

type Problem = string | undefined;

/** Both sets of usages are good: a key of RSA may encipher keys, others cannot. */
function usagesProblem(usages: readonly string[], use: 'client auth' | 'server auth'): Problem {
  const wanted = ['digital signature', 'key encipherment', use].sort();
  const given = new Set(usages);
  const good = given.has('digital signature') && given.has(use) && usages.every((usage) => wanted.includes(usage));
  return good ? undefined : `usages did not match [${wanted.join(' ')}]`;
}

function nodeProblem({ subject }: CertificateRequest): Problem {
  const { organizations } = subject;
  return organizations.length === 1 && organizations[0] === NODES_GROUP
    ? undefined
    : 'subject organization is not system:nodes';
}

const nameProblem = ({ subject }: CertificateRequest): Problem =>
  subject.commonName.startsWith(NODE_USER) ? undefined : 'subject common name does not begin with system:node:';

/** Why a request is not one that a kubelet makes for its client certificate. Source: ValidateKubeletClientCSR of Kubernetes. */
export function kubeletClientProblem(request: CertificateRequest, usages: readonly string[]): Problem {
  const { dns, emails, ips, uris } = request.names;
  return (
    nodeProblem(request) ??
    (dns.length ? 'DNS subjectAltNames are not allowed' : undefined) ??
    (emails.length ? 'Email subjectAltNames are not allowed' : undefined) ??
    (ips.length ? 'IP subjectAltNames are not allowed' : undefined) ??
    (uris.length ? 'URI subjectAltNames are not allowed' : undefined) ??
    nameProblem(request) ??
    usagesProblem(usages, 'client auth')
  );
}

/** Why a request is not one that a kubelet makes for its serving certificate. Source: ValidateKubeletServingCSR of Kubernetes. */
export function kubeletServingProblem(request: CertificateRequest, usages: readonly string[]): Problem {
  const { dns, emails, ips, uris } = request.names;
  return (
    nodeProblem(request) ??
    (dns.length || ips.length ? undefined : 'DNS or IP subjectAltName is required') ??
    (emails.length ? 'Email subjectAltNames are not allowed' : undefined) ??
    (uris.length ? 'URI subjectAltNames are not allowed' : undefined) ??
    usagesProblem(usages, 'server auth') ??
    nameProblem(request)
  );
}
