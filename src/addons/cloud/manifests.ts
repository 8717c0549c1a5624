import { NAMESPACE, type Addon } from '../addon.ts';

export const ACCOUNT = 'cloud-controller-manager';

export const manifests: Addon['manifests'] = () => [
  {
    resource: 'serviceaccounts',
    object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: ACCOUNT, namespace: NAMESPACE } },
  },
];
