import { expect, vi } from 'vitest';
import type { TestApi } from '../api/support.ts';
import { PATIENCE_MS } from '../support/patience.ts';

const NAMESPACE = 'shop';
const ZONE = 'topology.kubernetes.io/zone';

/** Name, node, memory, restarts. */
const PODS: readonly [string, string, string, number][] = [
  ['web-0', 'n1', '64Mi', 1],
  ['web-1', 'n2', '64Mi', 3],
  ['db-0', 'n2', '1Gi', 0],
  ['batch-0', 'n1', '128Mi', 0],
];

const CLUSTERS = {
  metadata: { name: 'clusters.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'clusters', singular: 'cluster', kind: 'Cluster' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  size: { type: 'integer', format: 'int64' },
                  tier: { type: 'string', enum: ['Small', 'Large'] },
                },
              },
            },
          },
        },
      },
    ],
  },
};

/** What the examples of the documentation speak of: a shop on two nodes. */
export async function seed(api: TestApi): Promise<void> {
  await api.create('namespaces', { metadata: { name: NAMESPACE } }, '');
  await api.create('serviceaccounts', { metadata: { name: 'default' } }, NAMESPACE);
  for (const [name, zone] of Object.entries({ n1: 'east', n2: 'west' })) {
    await api.create('nodes', { metadata: { name, labels: { [ZONE]: zone } } }, '');
    const addresses = [{ type: 'InternalIP', address: '10.1.2.3' }];
    await api.merge('nodes/status', name, { status: { addresses } }, '');
  }
  for (const [name, nodeName, memory, restartCount] of PODS) {
    const [app] = name.split('-');
    const image = `registry.example.com/${app}:1`;
    const containers = [{ name: 'main', image, resources: { requests: { cpu: '100m', memory } } }];
    await api.create('pods', { metadata: { name, labels: { app } }, spec: { nodeName, containers } }, NAMESPACE);
    const containerStatuses = [{ name: 'main', image, imageID: '', ready: true, restartCount }];
    await api.merge('pods/status', name, { status: { phase: 'Running', containerStatuses } }, NAMESPACE);
  }
  const service = { clusterIP: 'None', selector: { app: 'web' }, ports: [{ port: 80 }] };
  await api.create('services', { metadata: { name: 'web' }, spec: service }, NAMESPACE);
  await api.create('customresourcedefinitions.apiextensions.k8s.io', CLUSTERS, '');
  const served = (): void => expect(api.api.registry.preferred(CLUSTERS.metadata.name)).toBeDefined();
  await vi.waitFor(served, { timeout: PATIENCE_MS });
}
