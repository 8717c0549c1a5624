import type { Endpoint } from '../../../src/client/kubeconfig.ts';
import { request } from '../session.ts';

/** Who is there in the overload: one who asks too much, and those who must not notice. */
export const NOISY = 'noisy-token';
export const QUIET = 'quiet-token';
export const CONTROLLER = 'controller-token';
export const NODES = 200;
export const nodeToken = (n: number): string => `node-token-${n}`;
export const NAMESPACE = 'overload';

/** Lines of the server's token file. Nobody here is an administrator: those are exempt from fairness. */
export const TOKENS: readonly string[] = [
  `${NOISY},noisy,noisy`,
  `${QUIET},quiet,quiet`,
  `${CONTROLLER},system:kube-controller-manager,controller`,
  ...Array.from({ length: NODES }, (_, n) => `${nodeToken(n)},system:node:node-${n},node-${n},"system:nodes"`),
];

/** The node's lease, which tells those who watch when it was sent. */
export const leaseOf = (n: number): string =>
  JSON.stringify({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: `node-${n}`, annotations: { t: '{t}' } },
    spec: { holderIdentity: `node-${n}`, leaseDurationSeconds: 40, renewTime: '2026-01-01T00:00:00.{u}Z' },
  });

/** Namespace, rights and leases. */
export async function settle(endpoint: Endpoint): Promise<void> {
  const post = (path: string, body: unknown) =>
    request(endpoint, 'POST', path, {}, body).catch((error: Error) => {
      if (!error.message.startsWith('409')) throw error;
    });
  for (const name of [NAMESPACE, 'kube-node-lease']) await post('/api/v1/namespaces', { metadata: { name } });
  await post(`/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, { metadata: { name: 'default' } });
  const subjects = ['noisy', 'quiet', 'system:kube-controller-manager'].map((name) => ({
    apiGroup: 'rbac.authorization.k8s.io',
    kind: 'User',
    name,
  }));
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' };
  await post('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: 'overload' },
    roleRef,
    subjects,
  });
  const parse = (n: number): unknown => JSON.parse(leaseOf(n).replace('{t}', '0'.repeat(13)).replace('{u}', '000000'));
  for (let n = 0; n < NODES; n++)
    await post('/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases', parse(n));
}
