import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Container, Pod } from '../../../schema/types.ts';
import { containerLimits } from '../../../src/nodes/cgroups/figures.ts';
import { openCgroups, type OpenedCgroups } from '../../../src/nodes/cgroups/open-cgroups.ts';
import { FakeUnified } from './fake-unified.ts';

const ROOT = '/sys/fs/cgroup';
const timers = { setTimeout: (run: () => void) => queueMicrotask(run), clearTimeout: () => undefined };
const open = (files: FakeUnified): OpenedCgroups => openCgroups({ dataDir: '/data', timers, podPids: 1000 }, files);
function opened(files: FakeUnified) {
  const result = open(files);
  if (!result.cgroups) throw new Error(result.reason);
  return result.cgroups;
}

const container = { name: 'c', image: 'i', resources: { limits: { cpu: '500m', memory: '64Mi' } } } as Container;
const pod = (resources: Container['resources']): Pod =>
  ({ metadata: { uid: '1-2' }, spec: { containers: [{ ...container, resources }] } }) as Pod;
const burstable = pod({ limits: { cpu: '500m', memory: '64Mi' }, requests: { cpu: '100m' } });

describe('cgroup v2', () => {
  it('makes the kubelet’s tree with converted figures', () => {
    const files = new FakeUnified(ROOT, '/system.slice/ku7s.service');
    const cgroups = opened(files);
    expect([...cgroups.enforces]).toEqual(['cpu', 'memory', 'pids']);
    const one = cgroups.pod(burstable);
    const attempt = one.container('c-0', containerLimits(burstable.spec!, container));
    const directory = join(ROOT, one.path);
    expect(one.path).toMatch(/^\/ku7s-[0-9a-f]{12}\/kubepods\/burstable\/pod1-2$/);
    const read = (path: string) => files.read(join(directory, path));
    expect(
      ['cpu.weight', 'cpu.max', 'memory.max', 'memory.swap.max', 'pids.max', 'cgroup.subtree_control'].map(read),
    ).toEqual(['17', '50000 100000', '67108864', '0', '1000', 'cpu memory pids']);
    expect(
      ['c-0/cpu.weight', 'c-0/cpu.max', 'c-0/memory.max', 'c-0/memory.oom.group', 'c-0/pids.max'].map(read),
    ).toEqual(['59', '50000 100000', '67108864', '1', 'max']);
    expect(attempt.procs).toEqual([join(directory, 'c-0/cgroup.procs')]);
    expect(attempt.limits()).toEqual({
      cpuShares: 511,
      cpuQuota: 50_000,
      cpuPeriod: 100_000,
      memory: 2 ** 26,
      pids: -1,
    });
  });

  it('puts each class of pods where the kubelet does', () => {
    const cgroups = opened(new FakeUnified(ROOT, '/'));
    const pathOf = (each: Pod): string => cgroups.pod(each).path.replace(/^\/[^/]*/, '');
    const named = (uid: string, resources: Container['resources']): Pod => {
      const made = pod(resources);
      return { ...made, metadata: { ...made.metadata, uid } };
    };
    expect(pathOf(named('a', {}))).toBe('/kubepods/besteffort/poda');
    expect(pathOf(named('b', { requests: { cpu: '1m' } }))).toBe('/kubepods/burstable/podb');
    expect(pathOf(named('c', { requests: { cpu: '1', memory: '1' }, limits: { cpu: '1', memory: '1' } }))).toBe(
      '/kubepods/podc',
    );
  });

  it('reads what is used, and who was killed for want of memory', () => {
    const files = new FakeUnified(ROOT, '/');
    const cgroups = opened(files);
    const one = cgroups.pod(burstable);
    const attempt = one.container('c-0', {});
    const set = (name: string, text: string): void => void files.files.set(join(ROOT, one.path, 'c-0', name), text);
    set('cpu.stat', 'usage_usec 1500\nuser_usec 1000\nsystem_usec 500\nnr_periods 4\nnr_throttled 3');
    set('memory.current', '5000');
    set('memory.stat', 'anon 3000\nfile 2000\ninactive_file 1500\nactive_file 500\npgfault 12\npgmajfault 1');
    set('memory.max', '6000');
    set('pids.current', '7');
    expect(attempt.stats()).toEqual({
      cpuNanoseconds: 1_500_000,
      throttledPeriods: 3,
      memoryUsage: 5000,
      workingSet: 3500,
      rss: 3000,
      pageFaults: 12,
      majorPageFaults: 1,
      memoryLimit: 6000,
      pids: 7,
    });
    expect(attempt.oomKills()).toBe(0);
    set('memory.events', 'low 0\nhigh 0\nmax 31\noom 2\noom_kill 2\noom_group_kill 1');
    expect(attempt.oomKills()).toBe(2);
    expect(() => attempt.update({ memory: 4999 })).toThrow('unable to set memory limit to 4999 (current usage: 5000)');
    attempt.update({ memory: 5001, cpuQuota: -1, cpuPeriod: 100_000 });
    expect(attempt.limits()).toMatchObject({ memory: 5001, cpuQuota: -1 });
  });

  it('removes a pod with all that runs in it, and what no pod owns', async () => {
    const files = new FakeUnified(ROOT, '/');
    const cgroups = opened(files);
    const attempt = cgroups.pod(burstable).container('c-0', {});
    files.write(attempt.procs[0]!, '4711');
    expect(attempt.processes()).toEqual([4711]);
    // as after a restart of the agent
    const again = opened(files);
    expect(again.find('1-2')?.find('c-0')?.processes()).toEqual([4711]);
    await again.collect((uid) => uid === '1-2');
    expect(again.find('1-2')).toBeDefined();
    await again.collect(() => false);
    expect(files.killed).toEqual([4711]);
    expect(again.find('1-2')).toBeUndefined();
    await again.close();
    expect(files.children(ROOT)).toEqual([]);
  });

  it('says what it could not remove', async () => {
    const files = new FakeUnified(ROOT, '/');
    const one = opened(files).pod(burstable);
    files.write(one.container('c-0', {}).procs[0]!, '4711');
    files.write = () => undefined;
    await expect(one.remove()).rejects.toThrow(`the cgroup ${one.path}/c-0 is still in use`);
  });

  it('makes room in a container’s root, which has processes', () => {
    const files = new FakeUnified(ROOT, '/', undefined, false);
    files.write(join(ROOT, 'cgroup.procs'), '1');
    files.write(join(ROOT, 'cgroup.procs'), '25');
    expect(opened(files).enforces.size).toBe(3);
    expect(files.read(join(ROOT, 'init/cgroup.procs'))).toBe('1\n25');
  });

  it('takes the highest cgroup that is delegated to who is not root', () => {
    const delegated = '/user.slice/user-1000.slice/user@1000.service';
    const files = new FakeUnified(ROOT, `${delegated}/app.slice/run-1.scope`, (path) => path.includes('user@1000'));
    for (const each of ['/user.slice', '/user.slice/user-1000.slice', delegated]) {
      files.make(join(ROOT, each));
      for (const controller of ['memory', 'pids']) {
        const parent = join(ROOT, each, '..');
        files.write(join(parent, 'cgroup.subtree_control'), `+${controller}`);
      }
    }
    const cgroups = opened(files);
    expect(cgroups.pod(burstable).path).toMatch(/^\/user\.slice\/user-1000\.slice\/user@1000\.service\/ku7s-/);
    expect([...cgroups.enforces]).toEqual(['memory', 'pids']);
    expect(cgroups.missing).toBe('no cgroup controller for cpu');
  });

  it.each([
    ['nothing is delegated', new FakeUnified(ROOT, '/user.slice', () => false), /^no cgroup \(v2\) is delegated/],
    ['nothing is mounted', new FakeUnified(ROOT, '/'), /^no cgroups are mounted/],
  ])('says why there are none: %s', (what, files, reason) => {
    if (what === 'nothing is mounted') files.files.set('/proc/self/mountinfo', '');
    const result = open(files);
    expect(result.cgroups === undefined && result.reason).toMatch(reason);
  });

  it('knows what the cgroups above allow', () => {
    const files = new FakeUnified(ROOT, '/', undefined, false);
    for (const [name, text] of [
      ['memory.max', '1073741824'],
      ['cpu.max', '150000 100000'],
      ['pids.max', '512'],
    ] as const)
      files.files.set(join(ROOT, name), text);
    expect(opened(files).bounds).toEqual({ memory: 2 ** 30, cpu: 1500, pids: 512 });
  });
});
