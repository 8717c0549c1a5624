import type { RoleManifest } from '../addon.ts';
import { clusterRights, ownRights } from '../rights.ts';
import { ACCOUNT, CONFIG } from './manifests.ts';

const NAME = 'system:coredns';

/** What a cluster's DNS may read. It writes nothing. */
export const roles: readonly RoleManifest[] = [
  ...clusterRights(NAME, ACCOUNT, [
    { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
  ]),
  ...ownRights(NAME, ACCOUNT, [
    { apiGroups: [''], resources: ['configmaps'], resourceNames: [CONFIG], verbs: ['get'] },
  ]),
];
