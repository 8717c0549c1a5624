import { expect } from 'vitest';
import { replicationcontroller } from '../../../src/reconcilers/replicationcontroller.ts';
import type { Scenario } from '../../support/scenario.ts';
import { object, template } from './manifests.ts';

/** Makes its pods, and says so when a quota refuses them. */
export const replicationcontrollerScenario: Scenario = {
  controllers: () => [replicationcontroller()],
  given: [
    object('v1', 'ResourceQuota', 'q', {
      spec: { hard: { pods: '2' } },
      status: { hard: { pods: '2' }, used: { pods: '0' } },
    }),
    object('v1', 'ReplicationController', 'r', { spec: { replicas: 3, selector: { app: 'x' }, template: template() } }),
  ],
  onlyCrash: true,
  logs: /exceeded quota/,
  acts: [(cluster) => cluster.runPods()],
  async end(cluster) {
    const [controller] = await cluster.list('replicationcontrollers');
    expect(controller!['status']).toMatchObject({
      replicas: 2,
      readyReplicas: 2,
      conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate' }],
    });
    expect(controller!['status'].conditions[0].message).toMatch(
      /exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2$/,
    );
    expect(await cluster.list('pods')).toHaveLength(2);
  },
};
