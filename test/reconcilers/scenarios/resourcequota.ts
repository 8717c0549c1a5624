import { expect } from 'vitest';
import { resourcequota } from '../../../src/reconcilers/resourcequota.ts';
import type { Scenario } from '../../support/scenario.ts';
import { configMap, object, pod } from './manifests.ts';

const requests = { containers: [{ name: 'c', image: 'x:1', resources: { requests: { cpu: '150m' } } }] };

/** What is used is counted, and counted again when something has gone. */
export const resourcequotaScenario: Scenario = {
  controllers: () => [resourcequota],
  given: [
    pod('p', { spec: requests }),
    pod('q', { spec: requests }),
    configMap('x'),
    object('v1', 'ResourceQuota', 'all', {
      spec: { hard: { pods: '5', 'requests.cpu': '2', 'count/configmaps': '3' } },
    }),
    object('v1', 'ResourceQuota', 'ended', { spec: { hard: { pods: '5' }, scopes: ['Terminating'] } }),
  ],
  acts: [
    (cluster) => cluster.client.delete('pods', 'a', 'p'),
    (cluster) => cluster.edit('resourcequotas', 'a', 'all', (quota) => (quota['spec'].hard.pods = '7')),
    (cluster) => cluster.advance(10_000),
  ],
  async end(cluster) {
    const quotas = await cluster.list('resourcequotas');
    expect(quotas.map(({ status }) => status)).toEqual([
      {
        hard: { pods: '7', 'requests.cpu': '2', 'count/configmaps': '3' },
        used: { pods: '1', 'requests.cpu': '150m', 'count/configmaps': '1' },
      },
      { hard: { pods: '5' }, used: { pods: '0' } },
    ]);
  },
};
