import type { Facet } from './facet.ts';

export const persistentVolumeClaims: Facet = {
  actions: [],
  facts: [
    ['Phase', 'status.phase'],
    ['Volume', 'spec.volumeName'],
    ['Class', 'spec.storageClassName'],
    ['Wanted', 'spec.resources.requests.storage'],
    ['Capacity', 'status.capacity.storage'],
    ['Access', 'spec.accessModes'],
  ],
};

export const persistentVolumes: Facet = {
  actions: [],
  facts: [
    ['Phase', 'status.phase'],
    ['Claim', 'spec.claimRef.name'],
    ['In namespace', 'spec.claimRef.namespace'],
    ['Class', 'spec.storageClassName'],
    ['Capacity', 'spec.capacity.storage'],
    ['Access', 'spec.accessModes'],
    ['When released', 'spec.persistentVolumeReclaimPolicy'],
    ['Driver', 'spec.csi.driver'],
  ],
};

export const storageClasses: Facet = {
  actions: [],
  facts: [
    ['Provisioner', 'provisioner'],
    ['Parameters', 'parameters'],
    ['When released', 'reclaimPolicy'],
    ['Bound', 'volumeBindingMode'],
    ['May grow', 'allowVolumeExpansion'],
    ['Mount options', 'mountOptions'],
  ],
};
