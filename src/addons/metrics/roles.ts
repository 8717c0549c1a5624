import type { RoleManifest } from '../addon.ts';
import { clusterRights, ownRights } from '../rights.ts';
import { ACCOUNT, GROUP } from './manifests.ts';

const NAME = 'system:metrics-server';

/** What a metrics server may: read nodes' figures, under a token of its own. */
export const roles: readonly RoleManifest[] = [
  ...clusterRights(NAME, ACCOUNT, [
    { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
    { apiGroups: [''], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] },
  ]),
  ...ownRights(NAME, ACCOUNT, [
    { apiGroups: [''], resources: ['serviceaccounts/token'], resourceNames: [ACCOUNT], verbs: ['create'] },
    { apiGroups: [''], resources: ['configmaps'], resourceNames: ['kube-root-ca.crt'], verbs: ['get'] },
  ]),
  {
    resource: 'clusterroles.rbac.authorization.k8s.io',
    object: {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: {
        name: 'system:aggregated-metrics-reader',
        labels: {
          'rbac.authorization.k8s.io/aggregate-to-view': 'true',
          'rbac.authorization.k8s.io/aggregate-to-edit': 'true',
          'rbac.authorization.k8s.io/aggregate-to-admin': 'true',
        },
      },
      rules: [{ apiGroups: [GROUP], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] }],
    },
  },
];
