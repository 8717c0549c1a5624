import type { KubeObject } from '../meta/object.ts';
import { newObject } from './new-object.ts';

const RBAC = 'rbac.authorization.k8s.io';

/** A controller's role and its binding, as Kubernetes' bootstrap policy has them. */
function controllerRole(account: string, rules: readonly object[]): { resource: string; object: KubeObject }[] {
  const metadata = {
    name: `system:controller:${account}`,
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
  };
  const subject = { kind: 'ServiceAccount', name: account, namespace: 'kube-system' };
  const roleRef = { apiGroup: RBAC, kind: 'ClusterRole', name: metadata.name };
  return [
    { resource: `clusterroles.${RBAC}`, object: newObject(metadata, { rules }) },
    { resource: `clusterrolebindings.${RBAC}`, object: newObject(metadata, { subjects: [subject], roleRef }) },
  ];
}

/** Rights of controllers that run only where a resource is served that need not be, by that resource. */
export const OPTIONAL_ROLES: Readonly<Record<string, readonly { resource: string; object: KubeObject }[]>> = {
  'storageversionmigrations.storagemigration.k8s.io': controllerRole('storage-version-migrator-controller', [
    { verbs: ['list', 'create', 'patch'], apiGroups: ['*'], resources: ['*'] },
    {
      verbs: ['update'],
      apiGroups: ['storagemigration.k8s.io'],
      resources: ['storageversionmigrations/status'],
    },
  ]),
};
