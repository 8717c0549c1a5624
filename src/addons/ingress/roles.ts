import type { RoleManifest } from '../addon.ts';
import { clusterRights } from '../rights.ts';
import { ACCOUNT } from './manifests.ts';

const NAME = 'ku7s:ingress';
const READ = ['get', 'list', 'watch'];

/** What the proxy reads: ways in, where they lead, and certificates. It writes what has become of them, and events. */
export const roles: readonly RoleManifest[] = clusterRights(NAME, ACCOUNT, [
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses', 'ingressclasses', 'servicecidrs'], verbs: READ },
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses/status'], verbs: ['update', 'patch'] },
  {
    apiGroups: ['gateway.networking.k8s.io'],
    resources: ['gatewayclasses', 'gateways', 'httproutes', 'grpcroutes', 'referencegrants'],
    verbs: READ,
  },
  { apiGroups: ['gateway.networking.k8s.io'], resources: ['gatewayclasses'], verbs: ['create'] },
  {
    apiGroups: ['gateway.networking.k8s.io'],
    resources: ['gatewayclasses/status', 'gateways/status', 'httproutes/status', 'grpcroutes/status'],
    verbs: ['update', 'patch'],
  },
  { apiGroups: ['apiextensions.k8s.io'], resources: ['customresourcedefinitions'], verbs: READ },
  { apiGroups: [''], resources: ['services', 'secrets', 'pods', 'namespaces'], verbs: READ },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: READ },
  { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch', 'update'] },
]);
