import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCgroups } from '../../../src/nodes/cgroups/open-cgroups.ts';
import { FakeUnified } from '../cgroups/fake-unified.ts';
import { FakeNode } from './fake-node.ts';

const ROOT = '/sys/fs/cgroup';
const timers = { setTimeout: (run: () => void) => queueMicrotask(run), clearTimeout: () => undefined };

let node: FakeNode;
let files: FakeUnified;
beforeEach(async () => {
  files = new FakeUnified(ROOT, '/');
  const { cgroups } = openCgroups({ dataDir: '/data', timers, podPids: -1 }, files);
  node = await FakeNode.open({ limits: { cgroups } });
});
afterEach(() => node.close());

const resources = (cpu: string, memory: string) => ({ requests: { cpu, memory }, limits: { cpu, memory } });
const container = (more: object = {}) => ({
  name: 'c',
  image: 'busybox',
  command: ['run'],
  resources: resources('500m', '64Mi'),
  ...more,
});
const run = (more: object = {}): Promise<void> => node.run('p', { containers: [container(more)] });
/** As `kubectl patch --subresource resize` does it. */
async function resize(cpu: string, memory: string): Promise<void> {
  const patch = { spec: { containers: [{ name: 'c', resources: resources(cpu, memory) }] } };
  await node.cluster.client.patch('pods', 'a', 'p', patch, { type: 'strategic', subresource: 'resize' });
  await node.advance(0);
}
const condition = (type: string) => node.status('p').conditions?.find((each) => each.type === type);
const read = (name: string) => {
  const { parent } = node.runtime.last('c').spec.cgroup!;
  return [`c-0/${name}`, name].map((file) => files.read(join(ROOT, parent, file)));
};
const said = (word: string) => node.events.filter((event) => event.includes(word)).map((event) => event.split(':')[0]);

describe('a pod that is resized', () => {
  it.each([
    ['more', '1', '128Mi', '100000 100000', '134217728'],
    ['less', '250m', '32Mi', '25000 100000', '33554432'],
  ])('to %s has it at once, in its cgroups and its status', async (_, cpu, memory, quota, bytes) => {
    await run();
    await resize(cpu, memory);
    expect(read('cpu.max')).toEqual([quota, quota]);
    expect(read('memory.max')).toEqual([bytes, bytes]);
    expect(node.container('p')).toMatchObject({
      restartCount: 0,
      resources: resources(cpu, memory),
      allocatedResources: { cpu, memory },
    });
    expect(said('Resize')).toEqual([
      'Normal ResizeStarted Pod resize started',
      'Normal ResizeCompleted Pod resize completed',
    ]);
    expect([condition('PodResizePending'), condition('PodResizeInProgress')]).toEqual([undefined, undefined]);
  });

  it('is started anew where it wants to be for what has changed', async () => {
    await run({ resizePolicy: [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }] });
    await resize('1', '64Mi');
    expect(node.container('p').restartCount).toBe(0);
    await resize('1', '128Mi');
    expect(node.events).toContain('Normal Killing Container c resize requires restart');
    await node.advance(20_000);
    expect(node.container('p')).toMatchObject({ restartCount: 1, resources: resources('1', '128Mi') });
    expect(condition('PodResizeInProgress')).toBeUndefined();
  });

  it('to what the node never has keeps what it has, and says so', async () => {
    await run();
    await resize('64', '64Mi');
    expect(condition('PodResizePending')).toMatchObject({
      status: 'True',
      reason: 'Infeasible',
      message: "Node didn't have enough capacity: cpu, requested: 64000, capacity: 4000",
    });
    expect(node.container('p')).toMatchObject({ resources: resources('500m', '64Mi') });
    expect(read('cpu.max')).toEqual(['50000 100000', '50000 100000']);
    await node.restart();
    expect(node.container('p').allocatedResources).toEqual({ cpu: '500m', memory: '64Mi' });
    expect(read('cpu.max')).toEqual(['50000 100000', '50000 100000']);
    await resize('500m', '64Mi');
    expect(condition('PodResizePending')).toBeUndefined();
  });

  it('to what the node has not now waits until others are gone', async () => {
    await run();
    await node.run('q', { containers: [container({ resources: resources('3', '64Mi') })] });
    await resize('2', '64Mi');
    expect(condition('PodResizePending')).toMatchObject({
      reason: 'Deferred',
      message: "Node didn't have enough resource: cpu, requested: 2000, used: 3000, capacity: 4000",
    });
    expect(node.events.filter((event) => event.includes('ResizeDeferred'))).toHaveLength(1);
    await node.cluster.deletePod('q');
    await node.advance(60_000);
    expect(condition('PodResizePending')).toBeUndefined();
    expect(node.container('p').resources).toEqual(resources('2', '64Mi'));
  });

  it('to less memory than it uses keeps its limit until it uses less', async () => {
    await run();
    const { parent } = node.runtime.last('c').spec.cgroup!;
    for (const path of ['', 'c-0']) files.files.set(join(ROOT, parent, path, 'memory.current'), String(50 * 2 ** 20));
    await resize('500m', '32Mi');
    expect(condition('PodResizeInProgress')).toMatchObject({
      reason: 'Error',
      message:
        'cannot decrease memory limits: [attempting to set pod memory limit (33554432) below current usage (52428800), ' +
        'attempting to set container "c" memory limit (33554432) below current usage (52428800)]',
    });
    expect(node.container('p')).toMatchObject({
      resources: resources('500m', '64Mi'),
      allocatedResources: { memory: '32Mi' },
    });
    for (const path of ['', 'c-0']) files.files.set(join(ROOT, parent, path, 'memory.current'), '0');
    await node.advance(20_000);
    expect(read('memory.max')).toEqual(['33554432', '33554432']);
    expect(condition('PodResizeInProgress')).toBeUndefined();
  });
});
