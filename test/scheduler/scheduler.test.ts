import { afterEach, describe, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../support/cluster.ts';

const node = (name: string, cpu = '4') => ({
  metadata: { name },
  status: { allocatable: { cpu, memory: '8Gi', pods: '110' } },
});
const pod = (name: string, cpu = '1', more: Record<string, unknown> = {}) => ({
  metadata: { name, namespace: 'a' },
  spec: {
    schedulerName: 'default-scheduler',
    containers: [{ name: 'c', image: 'x', resources: { requests: { cpu } } }],
    ...more,
  },
});

describe('scheduler', () => {
  let cluster: Cluster;
  afterEach(() => cluster.stop());
  const start = async () => (cluster = await startCluster([], { scheduler: true }));
  const placed = async () =>
    Object.fromEntries((await cluster.list('pods')).map((object) => [object.metadata.name, object['spec'].nodeName]));

  it('binds a pod and tells it', async () => {
    await start();
    await cluster.addNodes(node('n1'));
    await cluster.put('pods', pod('p'));
    await cluster.advance(10);
    expect(await placed()).toEqual({ p: 'n1' });
    expect(await cluster.events()).toEqual(['Normal Scheduled Pod Successfully assigned a/p to n1']);
  });

  it('says why a pod does not fit, and binds it when a node comes on which it does', async () => {
    await start();
    await cluster.addNodes(node('n1'));
    await cluster.put('pods', pod('p', '6'));
    await cluster.advance(10);
    const message =
      '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';
    expect((await cluster.list('pods'))[0]!['status'].conditions).toMatchObject([
      { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message },
    ]);
    await cluster.addNodes(node('n2', '8'));
    await cluster.advance(2000);
    expect(await placed()).toEqual({ p: 'n2' });
  });

  it('counts pods that it has just placed', async () => {
    await start();
    for (const name of ['n1', 'n2']) await cluster.addNodes(node(name, '2'));
    for (const name of ['a', 'b', 'c', 'd', 'e']) await cluster.put('pods', pod(name));
    await cluster.advance(10);
    const where = Object.values(await placed());
    expect(where.filter((name) => name === 'n1')).toHaveLength(2);
    expect(where.filter((name) => name === 'n2')).toHaveLength(2);
  });

  it('tells a pod of the defect that it brings to light, and goes on with the others', async () => {
    let broken = true;
    const random = (): number => {
      if (broken) throw new Error('no luck');
      return 0.5;
    };
    cluster = await startCluster([], { scheduler: true, random });
    for (const name of ['n1', 'n2']) await cluster.addNodes(node(name));
    // between two nodes that are alike is drawn; the other pod fits but one
    await cluster.put('pods', pod('p'));
    await cluster.put('pods', pod('q', '1', { nodeSelector: { 'kubernetes.io/hostname': 'n2' } }));
    await cluster.edit('nodes', '', 'n2', ({ metadata }) => (metadata.labels = { 'kubernetes.io/hostname': 'n2' }));
    await cluster.advance(2000);
    expect(await placed()).toEqual({ p: undefined, q: 'n2' });
    expect(await cluster.events()).toContain('Warning FailedScheduling Pod no luck');
    broken = false;
    await cluster.advance(20_000);
    expect(await placed()).toEqual({ p: expect.any(String), q: 'n2' });
  });

  it('leaves pods of another scheduler alone (PodSpec.schedulerName)', async () => {
    await start();
    await cluster.addNodes(node('n1'));
    await cluster.put('pods', pod('p', '1', { schedulerName: 'other' }));
    await cluster.advance(10);
    expect(await placed()).toEqual({ p: undefined });
  });

  it('leaves gated pods alone until the gate is gone', async () => {
    await start();
    await cluster.addNodes(node('n1'));
    await cluster.put('pods', pod('p', '1', { schedulingGates: [{ name: 'g' }] }));
    await cluster.advance(10);
    expect(await placed()).toEqual({ p: undefined });
    await cluster.edit('pods', 'a', 'p', (object) => delete object['spec'].schedulingGates);
    await cluster.advance(10);
    expect(await placed()).toEqual({ p: 'n1' });
  });

  it('takes less important pods away for a more important one', async () => {
    await start();
    await cluster.addNodes(node('n1', '2'));
    await cluster.put('priorityclasses.scheduling.k8s.io', { metadata: { name: 'high' }, value: 10 });
    await cluster.put('pods', pod('low', '2', {}));
    await cluster.advance(10);
    await cluster.put('pods', pod('high', '2', { priorityClassName: 'high' }));
    await cluster.advance(1000);
    await cluster.reapPods();
    await cluster.advance(2000);
    expect(await placed()).toEqual({ high: 'n1' });
    expect(await cluster.events()).toContainEqual(
      expect.stringMatching(/^Normal Preempted Pod Preempted by pod [0-9a-f-]{36} on node n1$/),
    );
  });
});
