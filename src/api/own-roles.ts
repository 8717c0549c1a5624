import type { KubeObject } from '../meta/object.ts';
import { KUBELET_SERVING } from '../rules/certificates/kubelet-requests.ts';
import { KUBELET_CLIENT_GROUP } from '../rules/certificates/kubelet-client.ts';
import { NODE_AGENT_LABELS } from '../rules/node-agent-labels.ts';
import { newObject } from './new-object.ts';

const GROUP = 'rbac.authorization.k8s.io';

const role = (name: string, rules: readonly object[], labels?: Readonly<Record<string, string>>) => ({
  resource: `clusterroles.${GROUP}`,
  object: newObject({ name, ...(labels && { labels }) }, { rules }),
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
const REPAIR = 'ipallocator-repair';
const PORT_REPAIR = 'portallocator-repair';
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
  // as the API itself has it in Kubernetes, where it repairs what others make of the addresses of Services
  role(`ku7s:${REPAIR}`, [
    { apiGroups: [''], resources: ['services'], verbs: READ },
    { apiGroups: ['networking.k8s.io'], resources: ['servicecidrs'], verbs: READ },
    { apiGroups: ['networking.k8s.io'], resources: ['ipaddresses'], verbs: [...READ, 'create', 'delete'] },
    { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch', 'update'] },
  ]),
  role(`ku7s:${PORT_REPAIR}`, [
    { apiGroups: [''], resources: ['services'], verbs: READ },
    { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch', 'update'] },
  ]),
  role(`ku7s:${POLICY}`, [
    { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: READ },
    { apiGroups: [''], resources: ['pods', 'namespaces'], verbs: READ },
  ]),
  // For nodes that have no credential but their own. It is bound to nobody: who does, lets nodes see each other's pods.
  role(
    'ku7s:node-network',
    [
      { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: READ },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: READ },
      { apiGroups: [''], resources: ['services', 'pods', 'namespaces'], verbs: READ },
    ],
    NODE_AGENT_LABELS,
  ),
  {
    resource: `clusterroles.${GROUP}`,
    object: newObject(
      { name: 'ku7s:node-agent' },
      { aggregationRule: { clusterRoleSelectors: [{ matchLabels: NODE_AGENT_LABELS }] }, rules: null },
    ),
  },
  binding(`ku7s:${POLICY}`, `ku7s:${POLICY}`, { kind: 'User', apiGroup: GROUP, name: `system:${POLICY}` }),
  role(`ku7s:${SIMULATION}`, [{ apiGroups: [''], resources: ['nodes', 'pods'], verbs: READ }]),
  binding(`ku7s:${SIMULATION}`, `ku7s:${SIMULATION}`, {
    kind: 'ServiceAccount',
    namespace: 'kube-system',
    name: SIMULATION,
  }),
  binding(`ku7s:${REPAIR}`, `ku7s:${REPAIR}`, { kind: 'ServiceAccount', namespace: 'kube-system', name: REPAIR }),
  binding(`ku7s:${PORT_REPAIR}`, `ku7s:${PORT_REPAIR}`, {
    kind: 'ServiceAccount',
    namespace: 'kube-system',
    name: PORT_REPAIR,
  }),
  binding(`ku7s:${APPROVER}`, `ku7s:${APPROVER}`, { kind: 'ServiceAccount', namespace: 'kube-system', name: APPROVER }),
];
