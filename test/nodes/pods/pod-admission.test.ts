import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeNode } from './fake-node.ts';

let node: FakeNode;
beforeEach(async () => void (node = await FakeNode.open({ maxPods: 3 })));
afterEach(() => node.close());

const asking = (cpu: string, more: object = {}) => ({
  containers: [{ name: 'c', image: 'busybox', command: ['run'], resources: { requests: { cpu } } }],
  ...more,
});
const phases = () => ['one', 'two', 'three'].map((name) => node.find(name)?.status?.phase);

it('a pod for which there is no room has failed, says why, and nothing of it starts', async () => {
  await node.run('one', asking('3'));
  await node.run('two', asking('1500m'));
  const message = "Node didn't have enough resource: cpu, requested: 1500, used: 3000, capacity: 4000";
  expect(node.status('two')).toMatchObject({
    phase: 'Failed',
    reason: 'OutOfcpu',
    message: `Pod was rejected: ${message}`,
    qosClass: 'Burstable',
    startTime: expect.any(String),
  });
  expect(node.status('two').containerStatuses).toBeUndefined();
  expect(node.events).toContain(`Warning OutOfcpu ${message}`);
  expect(node.runtime.journal.filter((line) => line.startsWith('start'))).toHaveLength(1);
});

it('pods that have ended take no room, those that are being deleted do until they have', async () => {
  await node.run('one', asking('3', { restartPolicy: 'Never' }));
  node.runtime.last('c').end(0);
  await node.advance(0);
  await node.run('two', asking('3'));
  node.runtime.deaf.add('c');
  await node.cluster.deletePod('two');
  await node.run('three', asking('3'));
  expect(phases()).toEqual(['Succeeded', 'Running', 'Failed']);
  await node.advance(30_000);
  expect(phases()).toEqual(['Succeeded', undefined, 'Failed']);
});

it('a node that starts anew keeps what it has taken, also what no longer fits it', async () => {
  await node.run('one', asking('3', { nodeSelector: { disk: 'ssd' } }), {});
  expect(phases()[0]).toBe('Failed');
  await node.cluster.addPod('two', { nodeName: 'n1', ...asking('3') });
  await node.advance(0);
  await node.cluster.client.patch('nodes', '', 'n1', { spec: { taints: [{ key: 'repair', effect: 'NoExecute' }] } });
  const less = { status: { allocatable: { cpu: '1', pods: '1' } } };
  await node.cluster.client.patch('nodes', '', 'n1', less, { subresource: 'status' });
  await node.restart();
  await node.run('three', asking('0'));
  expect(phases()).toEqual(['Failed', 'Running', 'Failed']);
});

it('a critical pod starts when those that gave way have ended, and these say so', async () => {
  await node.run('one', asking('1'));
  await node.run('two', asking('3'));
  node.runtime.deaf.add('c');
  await node.run('three', {
    ...asking('2'),
    priorityClassName: 'system-cluster-critical',
    containers: [{ ...asking('2').containers[0], name: 'k' }],
  });
  expect(node.runtime.journal).not.toContain('start k');
  await node.advance(30_000);
  expect(node.runtime.journal).toContain('start k');
  expect(phases()).toEqual(['Running', 'Failed', 'Running']);
  expect(node.status('two')).toMatchObject({
    reason: 'Preempting',
    message: 'Preempted in order to admit critical pod',
  });
  expect(node.status('two').conditions).toContainEqual(
    expect.objectContaining({ type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet' }),
  );
});
