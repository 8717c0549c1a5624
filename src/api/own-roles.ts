import type { KubeObject } from '../meta/object.ts';
import { KUBELET_SERVING } from '../rules/certificates/kubelet-requests.ts';
import { KUBELET_CLIENT_GROUP } from '../rules/certificates/kubelet-client.ts';
import { newObject } from './new-object.ts';

const GROUP = 'rbac.authorization.k8s.io';

const role = (name: string, rules: readonly object[]) => ({
  resource: `clusterroles.${GROUP}`,
  object: newObject({ name }, { rules }),
});
const binding = (name: string, roleName: string, subject: object) => ({
  resource: `clusterrolebindings.${GROUP}`,
  object: newObject(
    { name },
    { subjects: [subject], roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: roleName } },
  ),
});

const READ = ['get', 'list', 'watch'];
const APPROVER = 'kubelet-serving-approver';
/** Holds pods to network policies on each node: it reads them, and whom they speak of. */
const POLICY = 'network-policy';
/** Reads the pods of all simulated nodes for them, and the nodes; what they write, each of them writes as itself. */
const SIMULATION = 'simulated-nodes';

/** Rights that a cluster of Kubernetes is given by who sets it up; here the program itself does. */
export const OWN_ROLES: readonly { resource: string; object: KubeObject }[] = [
  binding(KUBELET_CLIENT_GROUP, 'system:kubelet-api-admin', {
    kind: 'Group',
    apiGroup: GROUP,
    name: KUBELET_CLIENT_GROUP,
  }),
  role(`ku7s:${APPROVER}`, [
    { apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests'], verbs: READ },
    { apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests/approval'], verbs: ['update'] },
    {
      apiGroups: ['certificates.k8s.io'],
      resources: ['signers'],
      resourceNames: [KUBELET_SERVING],
      verbs: ['approve'],
    },
    { apiGroups: [''], resources: ['nodes'], verbs: READ },
  ]),
  role(`ku7s:${POLICY}`, [
    { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: READ },
    { apiGroups: [''], resources: ['pods', 'namespaces'], verbs: READ },
  ]),
  binding(`ku7s:${POLICY}`, `ku7s:${POLICY}`, { kind: 'User', apiGroup: GROUP, name: `system:${POLICY}` }),
  role(`ku7s:${SIMULATION}`, [{ apiGroups: [''], resources: ['nodes', 'pods'], verbs: READ }]),
  binding(`ku7s:${SIMULATION}`, `ku7s:${SIMULATION}`, {
    kind: 'ServiceAccount',
    namespace: 'kube-system',
    name: SIMULATION,
  }),
  binding(`ku7s:${APPROVER}`, `ku7s:${APPROVER}`, { kind: 'ServiceAccount', namespace: 'kube-system', name: APPROVER }),
];
