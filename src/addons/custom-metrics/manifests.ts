import type { APIService } from '../../../schema/types.ts';
import { NAMESPACE, type Addon, type Manifest } from '../addon.ts';

export const SERVICE = 'custom-metrics';
export const ACCOUNT = 'custom-metrics';
export const RULES = 'custom-metrics-rules';
export const CUSTOM = 'custom.metrics.k8s.io';
export const EXTERNAL = 'external.metrics.k8s.io';
/** by group, the preferred one first */
export const VERSIONS: Readonly<Record<string, readonly string[]>> = {
  [CUSTOM]: ['v1beta2', 'v1beta1'],
  [EXTERNAL]: ['v1beta1'],
};
const LABELS = { 'k8s-app': SERVICE };

/** What is done with the series of pods where nobody says otherwise. */
const DEFAULT_RULES = `# The first rule that takes a series counts. See docs/addons.md.
rules:
- series: .+_total
  withoutSuffix: _total
  as: '*_per_second'
  over: rate
  window: 1m
- series: .+_(bucket|sum|count|created)
  drop: true
- series: .+
`;

/** The rules are whoever's changes them; the Service has no selector, because its EndpointSlice says where it leads. */
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
  {
    resource: 'configmaps',
    once: true,
    object: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: RULES, namespace: NAMESPACE, labels: LABELS },
      data: { 'rules.yaml': DEFAULT_RULES },
    },
  },
];

/** The APIs, of the server that shows this certificate; each only where it is not somebody else's. @param cert PEM */
export const apiServices = (cert: string): Manifest[] =>
  Object.entries(VERSIONS).flatMap(([group, versions]) =>
    versions.map((version, i): Manifest => ({
      resource: 'apiservices.apiregistration.k8s.io',
      isOthers: ({ spec }: APIService) => spec?.service?.name !== SERVICE || spec.service.namespace !== NAMESPACE,
      object: {
        apiVersion: 'apiregistration.k8s.io/v1',
        kind: 'APIService',
        metadata: { name: `${version}.${group}`, labels: LABELS },
        spec: {
          group,
          version,
          service: { name: SERVICE, namespace: NAMESPACE, port: 443 },
          caBundle: Buffer.from(cert).toString('base64'),
          groupPriorityMinimum: 100,
          versionPriority: 100 * (versions.length - i),
        },
      },
    })),
  );
