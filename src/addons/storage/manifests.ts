import { NAMESPACE, type Addon } from '../addon.ts';
import { ACCOUNT, PROVISIONER } from './names.ts';

/** The class is whoever's administers the cluster, once it is there: which one is the default is theirs to say. */
export const manifests: Addon['manifests'] = () => [
  {
    resource: 'serviceaccounts',
    object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: ACCOUNT, namespace: NAMESPACE } },
  },
  {
    resource: 'storageclasses.storage.k8s.io',
    once: true,
    object: {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner: PROVISIONER,
      reclaimPolicy: 'Delete',
      volumeBindingMode: 'WaitForFirstConsumer',
      allowVolumeExpansion: true,
    },
  },
];
