import { NAMESPACE, type RoleManifest } from './addon.ts';

const GROUP = 'rbac.authorization.k8s.io';
type Rules = NonNullable<
  Extract<RoleManifest, { resource: 'clusterroles.rbac.authorization.k8s.io' }>['object']['rules']
>;

/** A ClusterRole, and its binding to an add-on's account. @param labels of the role */
export const clusterRights = (
  name: string,
  account: string,
  rules: Rules,
  labels?: Readonly<Record<string, string>>,
): RoleManifest[] => [
  {
    resource: 'clusterroles.rbac.authorization.k8s.io',
    object: {
      apiVersion: `${GROUP}/v1`,
      kind: 'ClusterRole',
      metadata: { name, ...(labels && { labels: { ...labels } }) },
      rules,
    },
  },
  {
    resource: 'clusterrolebindings.rbac.authorization.k8s.io',
    object: {
      apiVersion: `${GROUP}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name: account, namespace: NAMESPACE }],
    },
  },
];

/** A Role in the add-ons' namespace, and its binding to an add-on's account. */
export const ownRights = (name: string, account: string, rules: Rules): RoleManifest[] => [
  {
    resource: 'roles.rbac.authorization.k8s.io',
    object: { apiVersion: `${GROUP}/v1`, kind: 'Role', metadata: { name, namespace: NAMESPACE }, rules },
  },
  {
    resource: 'rolebindings.rbac.authorization.k8s.io',
    object: {
      apiVersion: `${GROUP}/v1`,
      kind: 'RoleBinding',
      metadata: { name, namespace: NAMESPACE },
      roleRef: { apiGroup: GROUP, kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name: account, namespace: NAMESPACE }],
    },
  },
];
