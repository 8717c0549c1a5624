import { expect } from 'vitest';
import { endpointslice } from '../../../src/reconcilers/endpointslice.ts';
import type { Scenario } from '../../support/scenario.ts';
import { backends, service, unready } from './endpoints.ts';

/** One slice for a service's pods, kept as they change. */
export const endpointsliceScenario: Scenario = {
  controllers: () => [endpointslice()],
  given: [service, ...backends],
  acts: [unready('p1'), (cluster) => cluster.client.delete('pods', 'a', 'p0', { gracePeriodSeconds: 0 })],
  async end(cluster) {
    const slices = await cluster.list('endpointslices.discovery.k8s.io', 'a');
    expect(slices).toMatchObject([
      {
        addressType: 'IPv4',
        endpoints: [
          {
            addresses: ['10.0.0.2'],
            conditions: { ready: false, serving: false, terminating: false },
            targetRef: { kind: 'Pod', name: 'p1' },
          },
        ],
        ports: [{ name: 'web', port: 8080, protocol: 'TCP' }],
      },
    ]);
    expect(slices[0]!.metadata).toMatchObject({
      labels: {
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        'kubernetes.io/service-name': 's',
      },
      ownerReferences: [{ kind: 'Service', name: 's', controller: true, blockOwnerDeletion: true }],
    });
  },
};
