import { expect } from 'vitest';
import { endpoints } from '../../../src/reconcilers/endpoints.ts';
import type { Cluster } from '../../support/cluster.ts';
import type { Manifest } from '../../support/fake-api.ts';
import type { Scenario } from '../../support/scenario.ts';
import { object, pod, running } from './manifests.ts';

/** Pods of the service `s`, running, at addresses of their own. */
export const backends: Manifest[] = ['10.0.0.1', '10.0.0.2'].map((podIP, n) =>
  pod(`p${n}`, {
    labels: { app: 'x' },
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'x:1', ports: [{ name: 'http', containerPort: 8080 }] }] },
    status: { ...running, podIP, podIPs: [{ ip: podIP }] },
  }),
);
export const service = object('v1', 'Service', 's', {
  spec: { selector: { app: 'x' }, ports: [{ name: 'web', port: 80, targetPort: 'http' }] },
});
export const unready = (name: string) => (cluster: Cluster) =>
  cluster.edit('pods', 'a', name, (one) => (one['status'].conditions[0].status = 'False'), 'status');

/** Ready pods and others apart; those of a service that goes go with it. */
export const endpointsScenario: Scenario = {
  controllers: () => [endpoints],
  given: [
    service,
    ...backends,
    object('v1', 'Service', 'gone', { spec: { selector: { app: 'x' }, ports: [{ port: 80 }] } }),
  ],
  acts: [
    unready('p1'),
    (cluster) => cluster.client.delete('services', 'a', 'gone'),
    (cluster) => cluster.edit('services', 'a', 's', (one) => (one['spec'].ports[0].name = 'other')),
  ],
  async end(cluster) {
    expect(await cluster.list('endpoints', 'a')).toMatchObject([
      {
        metadata: { name: 's' },
        subsets: [
          {
            addresses: [{ ip: '10.0.0.1', nodeName: 'n1', targetRef: { kind: 'Pod', name: 'p0' } }],
            notReadyAddresses: [{ ip: '10.0.0.2', targetRef: { kind: 'Pod', name: 'p1' } }],
            ports: [{ name: 'other', port: 8080, protocol: 'TCP' }],
          },
        ],
      },
    ]);
  },
};
