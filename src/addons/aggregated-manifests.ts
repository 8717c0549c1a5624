import { NAMESPACE, type Manifest } from './addon.ts';

const labelsOf = (name: string): Record<string, string> => ({ 'k8s-app': name });

/**
 * The account and the Service of an API, both of its name. The Service has no selector: where it leads is in the
 * EndpointSlice that the server's place is published in.
 */
export const aggregatedPlace = (name: string): Manifest[] => {
  const metadata = { name, namespace: NAMESPACE, labels: labelsOf(name) };
  return [
    { resource: 'serviceaccounts', object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata } },
    {
      resource: 'services',
      object: {
        apiVersion: 'v1',
        kind: 'Service',
        metadata,
        spec: { ports: [{ name: 'https', port: 443, protocol: 'TCP' }] },
      },
    },
  ];
};

export interface AggregatedVersion {
  /** of its Service */
  name: string;
  group: string;
  version: string;
  versionPriority: number;
  /** which the server shows, PEM */
  cert: string;
}

/** One version of the API, as the Service of this name serves it. */
export const apiServiceOf = ({ name, group, version, versionPriority, cert }: AggregatedVersion) => ({
  resource: 'apiservices.apiregistration.k8s.io' as const,
  object: {
    apiVersion: 'apiregistration.k8s.io/v1' as const,
    kind: 'APIService' as const,
    metadata: { name: `${version}.${group}`, labels: labelsOf(name) },
    spec: {
      group,
      version,
      service: { name, namespace: NAMESPACE, port: 443 },
      caBundle: Buffer.from(cert).toString('base64'),
      groupPriorityMinimum: 100,
      versionPriority,
    },
  },
});
