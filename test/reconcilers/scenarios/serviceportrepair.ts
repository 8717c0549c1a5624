import { expect } from 'vitest';
import { serviceportrepair } from '../../../src/reconcilers/serviceportrepair.ts';
import type { Cluster } from '../../support/cluster.ts';
import type { Scenario } from '../../support/scenario.ts';
import { object } from './manifests.ts';

const service = (name: string, nodePort: number) =>
  object('v1', 'Service', name, { spec: { type: 'NodePort', ports: [{ port: 80, nodePort }] } });
const THIS = ({ metadata }: { metadata: { name: string } }) => metadata.name === 'outside';

/** The range was another one before: whose port is outside of it hears of it, until there is another Service. */
export const serviceportrepairScenario: Scenario = {
  controllers: () => [serviceportrepair([30_000, 30_999])],
  given: [
    service('inside', 30_100),
    service('outside', 31_100),
    object('v1', 'Service', 'none', { spec: { ports: [{ port: 80 }] } }),
  ],
  acts: [
    (cluster) => cluster.advance(1),
    (cluster: Cluster) => cluster.client.delete('services', 'a', 'outside'),
    (cluster: Cluster) => cluster.give(service('outside', 30_200)),
  ],
  async end(cluster) {
    const said = (await cluster.list('events')).filter(({ involvedObject }) => involvedObject.kind === 'Service');
    expect(
      new Set(
        said.map((event) => `${event['type']} ${event['reason']} ${event['involvedObject'].name} ${event['message']}`),
      ),
    ).toEqual(
      new Set([
        'Warning PortOutOfRange outside Port 31100 is not within the port range 30000-30999; please recreate service',
      ]),
    );
    expect((await cluster.list('services', 'a')).filter(THIS)).toHaveLength(1);
  },
};
