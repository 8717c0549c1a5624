import { expect } from 'vitest';
import { endpointslicemirroring } from '../../../src/reconcilers/endpointslicemirroring.ts';
import type { Scenario } from '../../support/scenario.ts';
import { object } from './manifests.ts';

const endpoints = (name: string) =>
  object('v1', 'Endpoints', name, {
    subsets: [{ addresses: [{ ip: '10.1.2.3' }], ports: [{ name: 'web', port: 8080 }] }],
  });

/** Endpoints that people write have a slice; it follows them and goes with them. */
export const endpointslicemirroringScenario: Scenario = {
  controllers: () => [endpointslicemirroring],
  given: [
    object('v1', 'Service', 's', { spec: { ports: [{ name: 'web', port: 80 }] } }),
    object('v1', 'Service', 't', { spec: { ports: [{ name: 'web', port: 80 }] } }),
    object('v1', 'Service', 'selecting', { spec: { selector: { app: 'x' }, ports: [{ name: 'web', port: 80 }] } }),
    ...['s', 't', 'selecting'].map(endpoints),
  ],
  acts: [
    (cluster) => cluster.edit('endpoints', 'a', 's', (one) => one['subsets'][0].addresses.push({ ip: '10.1.2.4' })),
    (cluster) => cluster.client.delete('endpoints', 'a', 't'),
  ],
  async end(cluster) {
    const slices = await cluster.list('endpointslices.discovery.k8s.io', 'a');
    expect(slices).toMatchObject([
      {
        metadata: {
          labels: {
            'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
            'kubernetes.io/service-name': 's',
          },
        },
        endpoints: [{ addresses: ['10.1.2.3'] }, { addresses: ['10.1.2.4'] }],
        ports: [{ name: 'web', port: 8080, protocol: 'TCP' }],
      },
    ]);
  },
};
