import { expect } from 'vitest';
import { daemonset } from '../../../src/reconcilers/daemonset.ts';
import type { Cluster } from '../../support/cluster.ts';
import type { Scenario } from '../../support/scenario.ts';
import { object, selector, template } from './manifests.ts';

/** Pods go to the nodes that their affinity names, and those that are deleted go away. */
const settle = async (cluster: Cluster): Promise<void> => {
  for (let n = 0; n < 4; n++) {
    await cluster.runPods();
    await cluster.advance(100);
    await cluster.reapPods();
  }
};

/** One pod for each node that is tolerated, a new node's too; a new template is rolled out node by node. */
export const daemonsetScenario: Scenario = {
  controllers: () => [daemonset()],
  given: [object('apps/v1', 'DaemonSet', 'd', { spec: { selector, template: template() } })],
  acts: [
    (cluster) =>
      cluster.addNodes('n1', { metadata: { name: 'n2' }, spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } }),
    settle,
    (cluster) => cluster.addNodes('n3'),
    settle,
    (cluster) =>
      cluster.edit('daemonsets.apps', 'a', 'd', (set) => (set['spec'].template = template({ app: 'x', v: '2' }))),
    settle,
  ],
  async end(cluster) {
    const [set] = await cluster.list('daemonsets.apps');
    expect(set!['status']).toEqual({
      observedGeneration: 2,
      desiredNumberScheduled: 2,
      currentNumberScheduled: 2,
      updatedNumberScheduled: 2,
      numberReady: 2,
      numberAvailable: 2,
      numberMisscheduled: 0,
    });
    const revisions = await cluster.list('controllerrevisions.apps');
    expect(revisions.map((one) => one['revision']).sort()).toEqual([1, 2]);
    const pods = await cluster.list('pods');
    expect(pods.map(({ metadata }) => metadata.labels?.['v'])).toEqual(['2', '2']);
    expect(await cluster.told('DaemonSet')).toEqual(['Normal SuccessfulCreate ×4', 'Normal SuccessfulDelete ×2']);
  },
};
