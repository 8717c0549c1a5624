import { NAMESPACE, type Addon } from '../addon.ts';

/** Names under which people and tools look for a cluster's DNS. */
export const SERVICE = 'kube-dns';
export const ACCOUNT = 'coredns';
/** ConfigMap in which servers for other names may be said; nobody has to make it. */
export const CONFIG = 'kube-dns';
const LABELS = { 'k8s-app': 'kube-dns' };

/** The Service has no selector: where it leads is in the EndpointSlice that the server's place is published in. */
export const manifests: Addon['manifests'] = ({ dnsIP }) => [
  {
    resource: 'serviceaccounts',
    object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: ACCOUNT, namespace: NAMESPACE } },
  },
  {
    resource: 'services',
    object: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: SERVICE,
        namespace: NAMESPACE,
        annotations: { 'prometheus.io/port': '9153', 'prometheus.io/scrape': 'true' },
        labels: { ...LABELS, 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' },
      },
      spec: {
        clusterIP: dnsIP,
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP' },
          { name: 'dns-tcp', port: 53, protocol: 'TCP' },
          { name: 'metrics', port: 9153, protocol: 'TCP' },
        ],
      },
    },
  },
];
