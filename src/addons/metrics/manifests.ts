import { NAMESPACE, type Addon, type Manifest } from '../addon.ts';

/** Names under which people and tools look for a cluster's metrics. */
export const SERVICE = 'metrics-server';
export const ACCOUNT = 'metrics-server';
export const GROUP = 'metrics.k8s.io';
export const VERSION = 'v1beta1';
const LABELS = { 'k8s-app': 'metrics-server' };

/** The Service has no selector: where it leads is in the EndpointSlice that the server's place is published in. */
export const manifests: Addon['manifests'] = () => [
  {
    resource: 'serviceaccounts',
    object: {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: ACCOUNT, namespace: NAMESPACE, labels: LABELS },
    },
  },
  {
    resource: 'services',
    object: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: SERVICE, namespace: NAMESPACE, labels: LABELS },
      spec: { ports: [{ name: 'https', port: 443, protocol: 'TCP' }] },
    },
  },
];

/** The API, of the server that shows this certificate. @param cert PEM */
export const apiService = (cert: string): Manifest => ({
  resource: 'apiservices.apiregistration.k8s.io',
  object: {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: `${VERSION}.${GROUP}`, labels: LABELS },
    spec: {
      group: GROUP,
      version: VERSION,
      service: { name: SERVICE, namespace: NAMESPACE, port: 443 },
      caBundle: Buffer.from(cert).toString('base64'),
      groupPriorityMinimum: 100,
      versionPriority: 100,
    },
  },
});
