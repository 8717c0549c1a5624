import { expect } from 'vitest';
import { nodelifecycle } from '../../../src/reconcilers/nodelifecycle.ts';
import type { Scenario } from '../../support/scenario.ts';
import { pod, running } from './manifests.ts';

/** A node that falls silent becomes unknown, is tainted, and its pods are not ready; when it speaks again, it is whole. */
export const nodelifecycleScenario: Scenario = {
  controllers: () => [nodelifecycle()],
  given: [pod('p', { spec: { nodeName: 'silent' }, status: running })],
  acts: [
    (cluster) => cluster.addNodes('silent', 'back'),
    (cluster) => cluster.advance(120_000),
    (cluster) =>
      cluster.client.patch(
        'nodes',
        '',
        'back',
        { status: { conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: '2026-01-01T00:02:00Z' }] } },
        { type: 'strategic', subresource: 'status' },
      ),
    (cluster) => cluster.advance(10_000),
  ],
  async end(cluster) {
    const nodes = await cluster.list('nodes');
    const taintsOf = (at: number): string[] =>
      (nodes[at]!['spec'].taints ?? []).map(({ key, effect }: Record<string, string>) => `${key}:${effect}`);
    expect(taintsOf(0)).toEqual([]);
    expect(taintsOf(1)).toEqual([
      'node.kubernetes.io/unreachable:NoSchedule',
      'node.kubernetes.io/unreachable:NoExecute',
    ]);
    expect(nodes[1]!['status'].conditions[0]).toMatchObject({
      type: 'Ready',
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
    });
    const [lost] = await cluster.list('pods');
    expect(lost!['status'].conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'False' }));
    expect(await cluster.told('Pod')).toEqual(['Warning NodeNotReady ×1']);
  },
};
