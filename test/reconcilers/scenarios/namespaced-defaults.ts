import { expect } from 'vitest';
import { rootCa } from '../../../src/reconcilers/rootca.ts';
import { serviceaccount } from '../../../src/reconcilers/serviceaccount.ts';
import type { Scenario } from '../../support/scenario.ts';
import { clusterObject } from './manifests.ts';

const fresh = clusterObject('v1', 'Namespace', 'fresh');

/** Every namespace has the CA, whatever becomes of the map that it is in. */
export const rootCaScenario: Scenario = {
  controllers: () => [rootCa('-----BEGIN CERTIFICATE-----')],
  given: [],
  acts: [
    (cluster) => cluster.give(fresh),
    (cluster) => cluster.client.delete('configmaps', 'a', 'kube-root-ca.crt'),
    (cluster) => cluster.edit('configmaps', 'fresh', 'kube-root-ca.crt', (map) => (map['data'] = { more: 'x' })),
  ],
  async end(cluster) {
    const maps = (await cluster.list('configmaps')).filter(({ metadata }) => metadata.name === 'kube-root-ca.crt');
    expect(maps.map(({ metadata }) => metadata.namespace)).toEqual([
      'a',
      'default',
      'fresh',
      'kube-node-lease',
      'kube-public',
      'kube-system',
    ]);
    for (const { data } of maps) expect(data).toEqual({ 'ca.crt': '-----BEGIN CERTIFICATE-----' });
  },
};

/** Every namespace has its default account, a new one when it was deleted, and none when it goes itself. */
export const serviceaccountScenario: Scenario = {
  controllers: () => [serviceaccount],
  given: [clusterObject('v1', 'Namespace', 'leaving')],
  acts: [
    (cluster) => cluster.give(fresh),
    (cluster) => cluster.client.delete('serviceaccounts', 'fresh', 'default'),
    (cluster) => cluster.client.delete('namespaces', '', 'leaving'),
    (cluster) => cluster.client.delete('serviceaccounts', 'leaving', 'default'),
  ],
  async end(cluster) {
    const accounts = await cluster.list('serviceaccounts');
    expect(accounts.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual([
      'a/default',
      'default/default',
      'fresh/default',
      'kube-node-lease/default',
      'kube-public/default',
      'kube-system/default',
    ]);
  },
};
