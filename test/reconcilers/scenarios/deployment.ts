import { expect } from 'vitest';
import { deployment } from '../../../src/reconcilers/deployment.ts';
import { replicaset } from '../../../src/reconcilers/replicaset.ts';
import type { Cluster } from '../../support/cluster.ts';
import type { Scenario } from '../../support/scenario.ts';
import { object, selector, template } from './manifests.ts';

const settle = async (cluster: Cluster): Promise<void> => {
  for (let n = 0; n < 4; n++) {
    await cluster.runPods();
    await cluster.advance(100);
  }
};

/** Rolls a new template out, and back, with one old set kept. */
export const deploymentScenario: Scenario = {
  controllers: () => [deployment, replicaset()],
  given: [
    object('apps/v1', 'Deployment', 'd', {
      spec: { replicas: 2, revisionHistoryLimit: 1, selector, template: template() },
    }),
  ],
  acts: [
    settle,
    (cluster) =>
      cluster.edit('deployments.apps', 'a', 'd', (one) => (one['spec'].template = template({ app: 'x', v: '2' }))),
    settle,
    (cluster) => cluster.edit('deployments.apps', 'a', 'd', (one) => (one['spec'].replicas = 1)),
    settle,
  ],
  async end(cluster) {
    const [one] = await cluster.list('deployments.apps');
    expect(one!.metadata.annotations).toEqual({ 'deployment.kubernetes.io/revision': '2' });
    expect(one!['status']).toMatchObject({
      observedGeneration: 3,
      replicas: 1,
      updatedReplicas: 1,
      availableReplicas: 1,
    });
    expect(conditionsOf(one!)).toEqual([
      'Available True MinimumReplicasAvailable',
      'Progressing True NewReplicaSetAvailable',
    ]);
    const sets = await cluster.list('replicasets.apps');
    expect(sets.map((set) => set['spec'].replicas).sort()).toEqual([0, 1]);
    const told = (await cluster.events()).filter((line) => line.includes('ScalingReplicaSet'));
    expect(told.map((line) => line.replace(/^.*Scaled (\w+) .* from/, '$1'))).toEqual([
      'up 0 to 2',
      'up 0 to 1',
      'down 2 to 1',
      'up 1 to 2',
      'down 1 to 0',
      'down 2 to 1',
    ]);
  },
};

const conditionsOf = (one: { [field: string]: any }): string[] =>
  one['status'].conditions
    .map(({ type, status, reason }: Record<string, string>) => `${type} ${status} ${reason}`)
    .sort();
