import { expect } from 'vitest';
import { serviceiprepair } from '../../../src/reconcilers/serviceiprepair.ts';
import type { Cluster } from '../../support/cluster.ts';
import type { Scenario } from '../../support/scenario.ts';
import { clusterObject, object } from './manifests.ts';
import { serviceCidr } from './servicecidrs.ts';

const ADDRESSES = 'ipaddresses.networking.k8s.io';
const OURS = {
  'ipaddress.kubernetes.io/ip-family': 'IPv4',
  'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
};
const service = (name: string, clusterIP: string) =>
  object('v1', 'Service', name, { spec: { clusterIP, ports: [{ port: 80 }] } });
const address = (ip: string, parentRef: object, labels: object = OURS) =>
  clusterObject('networking.k8s.io/v1', 'IPAddress', ip, { metadata: { labels }, spec: { parentRef } });
const ofService = (name: string) => ({ resource: 'services', namespace: 'a', name });

const remove = (cluster: Cluster, ip: string) => cluster.client.delete(ADDRESSES, '', ip);

/** Each act spoils one thing; in the end Services and addresses are one to one again, and others' addresses are theirs. */
export const serviceiprepairScenario: Scenario = {
  controllers: () => [serviceiprepair],
  given: [
    serviceCidr('more', '192.168.7.0/24'),
    service('gone', '10.96.7.1'),
    service('other', '10.96.7.2'),
    service('strange', '10.96.7.3'),
    service('unlabelled', '10.96.7.4'),
    service('outside', '192.168.7.5'),
  ],
  acts: [
    (cluster) => remove(cluster, '10.96.7.1'),
    (cluster) =>
      cluster.client.patch(ADDRESSES, '', '10.96.7.4', {
        metadata: { labels: { 'ipaddress.kubernetes.io/managed-by': null } },
      }),
    (cluster) => cluster.give(address('10.96.8.1', ofService('gone'))),
    (cluster) => cluster.give(address('10.96.8.2', ofService('nobody'))),
    (cluster) => cluster.give(address('10.96.8.3', { resource: 'gateways', name: 'g' }, {})),
    (cluster) => cluster.client.delete('servicecidrs.networking.k8s.io', '', 'more'),
    async (cluster) => {
      // what stands for another is made while nobody looks: in between it would be repaired
      await cluster.die();
      await remove(cluster, '10.96.7.2');
      await remove(cluster, '10.96.7.3');
      await cluster.give(
        address('10.96.7.2', ofService('nobody')),
        address('10.96.7.3', { group: 'gateway.networking.k8s.io', resource: 'gateways', name: 'g' }),
      );
      cluster.start();
    },
    (cluster) => cluster.advance(61_000),
  ],
  async end(cluster) {
    const addresses = await cluster.list(ADDRESSES);
    expect(addresses.map(({ metadata, spec }) => `${metadata.name} ${spec.parentRef.name}`)).toEqual([
      '10.96.0.1 kubernetes',
      '10.96.7.1 gone',
      '10.96.7.2 other',
      '10.96.7.3 strange',
      '10.96.7.4 unlabelled',
      '10.96.8.3 g',
      '192.168.7.5 outside',
    ]);
    expect(addresses.find(({ metadata }) => metadata.name === '10.96.7.4')?.metadata.labels).toEqual(OURS);
  },
};
