import { expect } from 'vitest';
import { tainteviction } from '../../../src/reconcilers/tainteviction.ts';
import type { Scenario } from '../../support/scenario.ts';
import { pod, running } from './manifests.ts';

const tolerating = (name: string, tolerationSeconds?: number) =>
  pod(name, {
    spec: {
      nodeName: 'n1',
      tolerations: [{ key: 'k', operator: 'Exists', effect: 'NoExecute', tolerationSeconds }],
    },
    status: running,
  });

/** A taint takes away the pods that do not tolerate it, and others when their time is over, unless it goes before. */
export const taintevictionScenario: Scenario = {
  controllers: () => [tainteviction()],
  given: [
    pod('none', { spec: { nodeName: 'n1' }, status: running }),
    tolerating('short', 30),
    tolerating('long', 300),
    tolerating('always'),
  ],
  acts: [
    (cluster) => cluster.addNodes('n1'),
    (cluster) =>
      cluster.client.patch('nodes', '', 'n1', {
        spec: { taints: [{ key: 'k', effect: 'NoExecute', timeAdded: '2026-01-01T00:00:02Z' }] },
      }),
    (cluster) => cluster.advance(60_000),
    (cluster) => cluster.client.patch('nodes', '', 'n1', { spec: { taints: null } }),
    (cluster) => cluster.advance(600_000),
  ],
  async end(cluster) {
    const pods = await cluster.list('pods');
    expect(
      pods.map(({ metadata, status }) => [
        metadata.name,
        metadata.deletionTimestamp !== undefined,
        status.conditions.find(({ type }: Record<string, string>) => type === 'DisruptionTarget')?.reason,
      ]),
    ).toEqual([
      ['always', false, undefined],
      ['long', false, undefined],
      ['none', true, 'DeletionByTaintManager'],
      ['short', true, 'DeletionByTaintManager'],
    ]);
    expect(await cluster.told('Pod')).toContain('Normal TaintManagerEviction ×3');
  },
};
