import { NAMESPACE, type RoleManifest } from '../addon.ts';
import { ACCOUNT, CONFIG } from './manifests.ts';

const NAME = 'system:coredns';
const RBAC = 'rbac.authorization.k8s.io';

/** What a cluster's DNS may read. It writes nothing. */
export const roles: readonly RoleManifest[] = [
  {
    resource: 'clusterroles.rbac.authorization.k8s.io',
    object: {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRole',
      metadata: { name: NAME },
      rules: [
        { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
      ],
    },
  },
  {
    resource: 'clusterrolebindings.rbac.authorization.k8s.io',
    object: {
      apiVersion: `${RBAC}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: NAME },
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: NAME },
      subjects: [{ kind: 'ServiceAccount', name: ACCOUNT, namespace: NAMESPACE }],
    },
  },
  {
    resource: 'roles.rbac.authorization.k8s.io',
    object: {
      apiVersion: `${RBAC}/v1`,
      kind: 'Role',
      metadata: { name: NAME, namespace: NAMESPACE },
      rules: [{ apiGroups: [''], resources: ['configmaps'], resourceNames: [CONFIG], verbs: ['get'] }],
    },
  },
  {
    resource: 'rolebindings.rbac.authorization.k8s.io',
    object: {
      apiVersion: `${RBAC}/v1`,
      kind: 'RoleBinding',
      metadata: { name: NAME, namespace: NAMESPACE },
      roleRef: { apiGroup: RBAC, kind: 'Role', name: NAME },
      subjects: [{ kind: 'ServiceAccount', name: ACCOUNT, namespace: NAMESPACE }],
    },
  },
];
