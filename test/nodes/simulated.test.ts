import { describe, expect, it } from 'vitest';
import type { Pod } from '../../schema/types.ts';
import { nextStage, type SimulatedFacts } from '../../src/nodes/runtimes/simulated/stages.ts';
import { createSimulatedNodes } from '../../src/nodes/simulated.ts';
import { FakeCluster } from './fake-cluster.ts';
import { ManualClock } from './support.ts';

const facts: SimulatedFacts = { phase: 'Pending', deleting: false, released: false, job: false, initDone: true };

describe('a stage of a simulated pod', () => {
  it.each([
    [{}, 'run'],
    [{ initDone: false }, 'initialize'],
    [{ phase: 'Running' }, undefined],
    [{ phase: 'Running', job: true }, 'complete'],
    [{ phase: 'Succeeded', job: true }, undefined],
    [{ deleting: true }, 'delete'],
    [{ phase: 'Running', job: true, deleting: true }, 'delete'],
    [{ deleting: true, released: true }, undefined],
  ] as const)('of %j is %s', (change, stage) => {
    expect(nextStage({ ...facts, ...change })?.name).toBe(stage);
  });
});

const pod = (name: string, more: Partial<Pod['metadata']> = {}, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', ...more },
  spec: { nodeName: 'node-2', containers: [{ name: 'c', image: 'nginx' }], ...spec },
  status: { phase: 'Pending' },
});

describe('simulated nodes', () => {
  it('register, and take a pod through its life within a second', async () => {
    const cluster = new FakeCluster();
    const clock = new ManualClock();
    const nodes = createSimulatedNodes({
      count: 3,
      zones: ['zone-a', 'zone-b'],
      client: cluster.client(),
      informers: cluster,
      clock,
      random: () => 0.5,
      log: () => undefined,
    });
    await nodes.start();
    expect(
      [...cluster.objects.get('nodes')!.values()].map((node) => node.metadata.labels!['topology.kubernetes.io/zone']),
    ).toEqual(['zone-a', 'zone-b', 'zone-a']);
    expect(cluster.get('nodes', '', 'node-3')!['status'].allocatable).toEqual({
      cpu: '32',
      memory: '64Gi',
      pods: '110',
    });

    cluster.put('pods', pod('web'));
    const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'j', controller: true };
    cluster.put('pods', pod('job', { ownerReferences: [owner] }, { restartPolicy: 'Never' }));
    await clock.advance(1000);
    expect(cluster.get('pods', 'default', 'web')!['status']).toMatchObject({
      phase: 'Running',
      podIP: expect.stringMatching(/^10\./),
      containerStatuses: [{ ready: true, started: true, state: { running: {} } }],
    });
    await clock.advance(1000);
    expect(cluster.get('pods', 'default', 'job')!['status']).toMatchObject({
      phase: 'Succeeded',
      containerStatuses: [{ state: { terminated: { exitCode: 0 } } }],
    });

    cluster.deletePod('default', 'web', 30);
    await clock.advance(1000);
    expect(cluster.get('pods', 'default', 'web')).toBeUndefined();
    const before = cluster.get('leases.coordination.k8s.io', 'kube-node-lease', 'node-1')!['spec'].renewTime;
    await clock.advance(20_000);
    expect(cluster.get('leases.coordination.k8s.io', 'kube-node-lease', 'node-1')!['spec'].renewTime > before).toBe(
      true,
    );
    await nodes.stop();
  });

  it('finish init containers before the pod runs', async () => {
    const cluster = new FakeCluster();
    const clock = new ManualClock();
    const nodes = createSimulatedNodes({
      count: 2,
      client: cluster.client(),
      informers: cluster,
      clock,
      random: () => 0,
      log: () => undefined,
    });
    await nodes.start();
    cluster.put('pods', pod('init', {}, { initContainers: [{ name: 'i', image: 'busybox' }] }));
    await clock.advance(150);
    expect(cluster.get('pods', 'default', 'init')!['status']).toMatchObject({
      phase: 'Pending',
      initContainerStatuses: [{ state: { terminated: { exitCode: 0 } } }],
    });
    await clock.advance(1000);
    expect(cluster.get('pods', 'default', 'init')!['status'].phase).toBe('Running');
    await nodes.stop();
  });
});
