import { NAMESPACE, type RoleManifest } from '../addon.ts';
import { clusterRights } from '../rights.ts';
import { NODE_AGENT_LABELS } from '../../rules/node-agent-labels.ts';
import { ACCOUNT } from './names.ts';

const NAME = 'system:storage-provisioner';
const SNAPSHOTS = 'snapshot.storage.k8s.io';

/** What a provisioner of volumes, who resizes them, and who takes snapshots of them may do. */
export const roles: readonly RoleManifest[] = clusterRights(
  NAME,
  ACCOUNT,
  [
    {
      apiGroups: [''],
      resources: ['persistentvolumes'],
      verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
    },
    {
      apiGroups: [''],
      resources: ['persistentvolumeclaims'],
      verbs: ['get', 'list', 'watch', 'update', 'patch'],
    },
    { apiGroups: [''], resources: ['persistentvolumeclaims/status'], verbs: ['update', 'patch'] },
    { apiGroups: [''], resources: ['namespaces'], resourceNames: [NAMESPACE], verbs: ['get'] },
    { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: ['get', 'list', 'watch'] },
    {
      apiGroups: ['apiextensions.k8s.io'],
      resources: ['customresourcedefinitions'],
      verbs: ['get', 'list', 'watch'],
    },
    {
      apiGroups: [SNAPSHOTS],
      resources: ['volumesnapshots', 'volumesnapshotcontents'],
      verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
    },
    {
      apiGroups: [SNAPSHOTS],
      resources: ['volumesnapshots/status', 'volumesnapshotcontents/status'],
      verbs: ['update', 'patch'],
    },
    { apiGroups: [SNAPSHOTS], resources: ['volumesnapshotclasses'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch', 'update'] },
  ],
  NODE_AGENT_LABELS,
);
