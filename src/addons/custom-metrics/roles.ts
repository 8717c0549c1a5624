import type { RoleManifest } from '../addon.ts';
import { clusterRights, ownRights } from '../rights.ts';
import { ACCOUNT, RULES } from './manifests.ts';

const NAME = 'system:custom-metrics';
const READ = ['get', 'list', 'watch'];

/** What finds the pods that are to be asked, and the rules. */
export const roles: readonly RoleManifest[] = [
  ...clusterRights(NAME, ACCOUNT, [
    { apiGroups: [''], resources: ['pods', 'services'], verbs: READ },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: READ },
    { apiGroups: ['networking.k8s.io'], resources: ['servicecidrs'], verbs: READ },
    { apiGroups: ['monitoring.coreos.com'], resources: ['podmonitors', 'servicemonitors'], verbs: READ },
  ]),
  ...ownRights(NAME, ACCOUNT, [{ apiGroups: [''], resources: ['configmaps'], resourceNames: [RULES], verbs: ['get'] }]),
];
