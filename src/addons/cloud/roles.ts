import { clusterRights, ownRights } from '../rights.ts';
import type { RoleManifest } from '../addon.ts';
import { STATUS } from './autoscaler/status-map.ts';
import { ACCOUNT } from './manifests.ts';

const LOOK = ['get', 'list', 'watch'];

/** What the controllers of a cloud may do, and what its load balancers must know to lead to endpoints. */
const controllers = clusterRights('system:cloud-controller-manager', ACCOUNT, [
  { apiGroups: [''], resources: ['nodes'], verbs: [...LOOK, 'patch', 'delete'] },
  { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch'] },
  { apiGroups: [''], resources: ['services'], verbs: [...LOOK, 'patch'] },
  { apiGroups: [''], resources: ['services/status'], verbs: ['patch'] },
  { apiGroups: [''], resources: ['pods'], verbs: LOOK },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: LOOK },
  { apiGroups: ['networking.k8s.io'], resources: ['servicecidrs'], verbs: LOOK },
  { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch', 'update'] },
]);

/** What the autoscaler of node groups looks at to know what fits where, and how it takes pods off a node. */
const autoscaling = clusterRights('system:cluster-autoscaler', ACCOUNT, [
  {
    apiGroups: [''],
    resources: ['namespaces', 'replicationcontrollers', 'persistentvolumeclaims', 'persistentvolumes'],
    verbs: LOOK,
  },
  { apiGroups: ['apps'], resources: ['daemonsets', 'replicasets', 'statefulsets'], verbs: LOOK },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: LOOK },
  {
    apiGroups: ['storage.k8s.io'],
    resources: ['storageclasses', 'csidrivers', 'csinodes', 'csistoragecapacities'],
    verbs: LOOK,
  },
  {
    apiGroups: ['resource.k8s.io'],
    resources: ['deviceclasses', 'resourceclaims', 'resourceslices'],
    verbs: LOOK,
  },
  { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
]);

export const roles: readonly RoleManifest[] = [
  ...controllers,
  ...autoscaling,
  ...ownRights('system:cluster-autoscaler', ACCOUNT, [
    { apiGroups: [''], resources: ['configmaps'], verbs: ['create'] },
    { apiGroups: [''], resources: ['configmaps'], resourceNames: [STATUS], verbs: ['get', 'patch'] },
  ]),
];
