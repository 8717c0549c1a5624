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
    pod('out', { spec: { nodeName: 'n2' }, status: running, finalizers: ['example.com/see'] }),
  ],
  acts: [
    (cluster) => cluster.addNodes('n1'),
    (cluster) => cluster.addNodes('n2'),
    (cluster) => cluster.client.delete('pods', 'a', 'out'),
    (cluster) =>
      cluster.client.patch('nodes', '', 'n2', {
        spec: { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] },
      }),
    (cluster) => cluster.client.patch('nodes', '', 'n2', { status: { conditions: [] } }, { subresource: 'status' }),
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
      ['out', 'Failed', true],
      ['waiting', 'Failed', true],
    ]);
    const targets = pods
      .flatMap(({ status }) => status.conditions ?? [])
      .filter(({ type }) => type === 'DisruptionTarget');
    expect(targets).toHaveLength(1);
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
