import { basename, join } from 'node:path';
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

const resources = { limits: { cpu: '500m', memory: '64Mi' }, requests: { cpu: '250m', memory: '64Mi' } };
const container = (more: object = {}) => ({ name: 'c', image: 'busybox', command: ['run'], ...more });
const cgroup = (name = 'c') => node.runtime.last(name).spec.cgroup!;
const directory = (name = 'c') => join(ROOT, cgroup(name).parent);
const children = (): string[] => files.children(directory());

describe('the cgroups of a pod', () => {
  it('are made before its processes start, with its limits', async () => {
    await node.run('p', { containers: [container({ resources })] });
    expect(cgroup().procs).toEqual([join(directory(), 'c-0/cgroup.procs')]);
    expect(cgroup().limits).toEqual({ cpuShares: 256, cpuQuota: 50_000, cpuPeriod: 100_000, memory: 2 ** 26 });
    expect(files.read(join(directory(), 'c-0/memory.max'))).toBe('67108864');
    expect(files.read(join(directory(), 'memory.max'))).toBe('67108864');
    expect(basename(join(directory(), '..'))).toBe('burstable');
    expect(children()).toEqual(['sandbox', 'c-0']);
  });

  it('are made anew for each attempt, and go with the pod', async () => {
    await node.run('p', { containers: [container()] });
    node.runtime.last('c').end(1);
    await node.advance(10_000);
    expect(children()).toEqual(['sandbox', 'c-1']);
    const before = directory();
    await node.cluster.deletePod('p');
    await node.advance(60_000);
    expect(files.exists(before)).toBe(false);
  });

  it.each([
    ['a process was killed for want of memory', 1, 137, 'OOMKilled'],
    ['a process was killed so and the container ended by itself', 1, 1, 'OOMKilled'],
    ['it was killed for another reason', 0, 137, 'Error'],
    ['it ended well', 0, 0, 'Completed'],
  ])('say why it ended: %s', async (_, kills, exitCode, reason) => {
    await node.run('p', { restartPolicy: 'Never', containers: [container({ resources })] });
    files.files.set(join(directory(), 'c-0/memory.events'), `oom ${kills}\noom_kill ${kills}`);
    node.runtime.last('c').end(exitCode);
    await node.advance(0);
    expect(node.container('p').state?.terminated).toMatchObject({ reason, exitCode });
  });
});

describe('limits that a node cannot enforce', () => {
  const open = async (refused: boolean): Promise<void> => {
    await node.close();
    node = await FakeNode.open({ limits: { unenforced: { why: 'no cgroups are mounted', refused } } });
  };

  it('are left out where it is told to run pods all the same', async () => {
    await open(false);
    await node.run('p', { containers: [container({ resources })] });
    expect(node.status('p').phase).toBe('Running');
    expect(node.runtime.last('c').spec.cgroup).toBeUndefined();
  });

  it('are refused where it is told so; a container without limits runs', async () => {
    await open(true);
    await node.run('p', { containers: [container({ resources })] });
    expect(node.container('p').state?.waiting).toEqual({
      reason: 'CreateContainerConfigError',
      message: 'resources.limits: this node does not enforce cpu: no cgroups are mounted',
    });
    await node.run('q', { containers: [container({ resources: { requests: { cpu: '1' } } })] });
    expect(node.status('q').phase).toBe('Running');
  });
});
