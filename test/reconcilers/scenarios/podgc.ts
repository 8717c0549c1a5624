import { expect } from 'vitest';
import { podgc } from '../../../src/reconcilers/podgc.ts';
import type { Scenario } from '../../support/scenario.ts';
import { pod, running } from './manifests.ts';

/** Pods of a node that is gone, and those deleted before they had one, are taken away for good. */
export const podgcScenario: Scenario = {
  controllers: () => [podgc()],
  given: [
    pod('lost', { spec: { nodeName: 'gone' }, status: running, finalizers: ['example.com/see'] }),
    pod('kept', { spec: { nodeName: 'n1' }, status: running }),
    pod('waiting', { finalizers: ['example.com/see'] }),
  ],
  acts: [
    (cluster) => cluster.addNodes('n1'),
    (cluster) => cluster.client.delete('pods', 'a', 'waiting'),
    (cluster) => cluster.advance(120_000),
  ],
  async end(cluster) {
    const pods = await cluster.list('pods');
    expect(
      pods.map(({ metadata, status }) => [metadata.name, status.phase, metadata.deletionTimestamp !== undefined]),
    ).toEqual([
      ['kept', 'Running', false],
      ['lost', 'Failed', true],
      ['waiting', 'Failed', true],
    ]);
    expect(pods[1]!['status'].conditions).toContainEqual(
      expect.objectContaining({
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'DeletionByPodGC',
        message: 'PodGC: node no longer exists',
      }),
    );
  },
};
