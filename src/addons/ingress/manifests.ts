import { NAMESPACE, type Addon } from '../addon.ts';
import { CONTROLLER } from './ingress-class.ts';

/** The class that an Ingress gets which names none. */
export const CLASS = 'ku7s';
/** In kube-system: its EndpointSlice says where the proxy listens. */
export const SERVICE = 'ku7s-ingress';
export const ACCOUNT = 'ku7s-ingress';
const LABELS = { 'app.kubernetes.io/name': 'ku7s-ingress' };

export const manifests: Addon['manifests'] = () => [
  {
    resource: 'serviceaccounts',
    object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: ACCOUNT, namespace: NAMESPACE } },
  },
  {
    resource: 'services',
    object: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: SERVICE, namespace: NAMESPACE, labels: LABELS },
      spec: {
        ports: [
          { name: 'http', port: 80, protocol: 'TCP', appProtocol: 'http' },
          { name: 'https', port: 443, protocol: 'TCP', appProtocol: 'https' },
          { name: 'metrics', port: 9090, protocol: 'TCP' },
        ],
      },
    },
  },
  {
    resource: 'ingressclasses.networking.k8s.io',
    object: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: CLASS, annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
      spec: { controller: CONTROLLER },
    },
  },
];
