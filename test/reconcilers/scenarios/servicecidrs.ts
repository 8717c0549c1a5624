import { expect } from 'vitest';
import { servicecidrs } from '../../../src/reconcilers/servicecidrs.ts';
import type { Cluster } from '../../support/cluster.ts';
import type { Scenario } from '../../support/scenario.ts';
import { clusterObject, object } from './manifests.ts';

const CIDRS = 'servicecidrs.networking.k8s.io';
export const serviceCidr = (name: string, ...cidrs: string[]) =>
  clusterObject('networking.k8s.io/v1', 'ServiceCIDR', name, { spec: { cidrs } });
const service = (name: string, clusterIP: string) =>
  object('v1', 'Service', name, { spec: { clusterIP, ports: [{ port: 80 }] } });

const ready = async (cluster: Cluster) =>
  (await cluster.list(CIDRS)).map(({ metadata, status }) => {
    const [condition] = status?.conditions ?? [];
    return `${metadata.name} ${condition?.status} ${condition?.reason} ${condition?.message}`;
  });

/** A range goes when no address is of it alone, and not at once; until then it gives no addresses. */
export const servicecidrsScenario: Scenario = {
  controllers: () => [servicecidrs],
  given: [serviceCidr('held', '192.168.7.0/24'), serviceCidr('spare', '192.168.8.0/24')],
  acts: [
    (cluster) => cluster.give(service('s', '192.168.7.9')),
    (cluster) => cluster.client.delete(CIDRS, '', 'held'),
    (cluster) => cluster.client.delete(CIDRS, '', 'spare'),
    async (cluster) => {
      const left = ['kubernetes True  Kubernetes Service CIDR is ready'];
      const why =
        'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR';
      // one that nobody needs waits for all to know that it gives no addresses any more
      expect(await ready(cluster)).toEqual([
        `held False Terminating ${why}`,
        ...left,
        'spare True  Kubernetes Service CIDR is ready',
      ]);
      await cluster.advance(10_000);
      expect(await ready(cluster)).toEqual([`held False Terminating ${why}`, ...left]);
      await expect(cluster.give(service('late', '192.168.7.10'))).rejects.toThrow('does not match the current range');
    },
    (cluster) => cluster.give(serviceCidr('wider', '192.168.0.0/16')),
    (cluster) => cluster.advance(10_000),
  ],
  async end(cluster) {
    expect((await cluster.list(CIDRS)).map(({ metadata }) => [metadata.name, metadata.finalizers])).toEqual([
      ['kubernetes', ['networking.k8s.io/service-cidr-finalizer']],
      ['wider', ['networking.k8s.io/service-cidr-finalizer']],
    ]);
  },
};
