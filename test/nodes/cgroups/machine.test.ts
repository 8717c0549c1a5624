import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Pod } from '../../../schema/types.ts';
import type { ContainerCgroup } from '../../../src/nodes/cgroups/contract.ts';
import { cgroupMounts } from '../../../src/nodes/cgroups/mounts.ts';
import { openCgroups } from '../../../src/nodes/cgroups/open-cgroups.ts';
import { systemClock } from '../../../src/rules/clock.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'cgroups-'));
const opened = openCgroups({ dataDir, timers: systemClock, podPids: 64 });
const { cgroups } = opened;
const reason = opened.cgroups ? '' : ` (skipped: ${opened.reason})`;
let count = 0;
const pod = (): Pod => ({ metadata: { uid: `test-${count++}` }, spec: { containers: [{ name: 'c' }] } }) as Pod;

/** A shell that enters the cgroup before it becomes the command, as a launcher does. */
function inside({ procs }: ContainerCgroup, command: string): ChildProcess {
  const enter = procs.map((file) => `echo 0 > '${file}'`).join(' && ');
  return spawn('/bin/sh', ['-c', `${enter} && ${command}`], { stdio: ['ignore', 'pipe', 'inherit'] });
}
async function ended(child: ChildProcess): Promise<{ code: number | null; signal: string | null; output: string }> {
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code, signal, output };
}

describe.skipIf(!cgroups)(`cgroups of this machine${reason}`, () => {
  afterAll(async () => {
    await cgroups?.close();
    rmSync(dataDir, { recursive: true });
  });

  it.skipIf(!cgroups?.enforces.has('memory'))('a process that takes more memory than the limit is killed', async () => {
    const one = cgroups!.pod(pod());
    const attempt = one.container('c-0', { memory: 16 * 2 ** 20 });
    const { signal } = await ended(inside(attempt, `exec ${process.execPath} -e 'Buffer.alloc(2 ** 28, 1)'`));
    expect(signal).toBe('SIGKILL');
    expect(attempt.oomKills()).toBeGreaterThan(0);
    await one.remove();
    expect(cgroups!.find(`test-${count - 1}`)).toBeUndefined();
  });

  it.skipIf(!cgroups?.enforces.has('memory'))('one that is killed otherwise is not counted', async () => {
    const one = cgroups!.pod(pod());
    const attempt = one.container('c-0', { memory: 64 * 2 ** 20 });
    const { signal } = await ended(inside(attempt, 'kill -9 $$'));
    expect([signal, attempt.oomKills()]).toEqual(['SIGKILL', 0]);
    await one.remove();
  });

  it.skipIf(!cgroups?.enforces.has('pids'))('a pod has no more processes than its limit', async () => {
    const one = cgroups!.pod(pod());
    const attempt = one.container('c-0', {});
    inside(attempt, 'while :; do sleep 100 & done 2>/dev/null');
    await expect.poll(() => one.stats().pids, { timeout: 60_000 }).toBeGreaterThan(60);
    expect(one.stats().pids).toBeLessThanOrEqual(64);
    await one.remove();
  });

  it.skipIf(!cgroups?.enforces.has('cpu'))('cpu time is held to the quota', async () => {
    const one = cgroups!.pod(pod());
    const attempt = one.container('c-0', { cpuPeriod: 100_000, cpuQuota: 5000 });
    const child = inside(attempt, 'while :; do :; done');
    await expect.poll(() => attempt.stats().throttledPeriods, { timeout: 60_000 }).toBeGreaterThan(5);
    child.kill('SIGKILL');
    await one.remove();
  });

  it('says what is limited, and takes other limits while it runs', async () => {
    const one = cgroups!.pod(pod());
    const first = { cpuShares: 512, cpuQuota: 50_000, cpuPeriod: 100_000, memory: 2 ** 26, pids: 100 };
    const attempt = one.container('c-0', first);
    const child = inside(attempt, 'exec sleep 100');
    const expected = (limits: typeof first) => {
      const kept = { cpu: ['cpuShares', 'cpuQuota', 'cpuPeriod'], memory: ['memory'], pids: ['pids'] };
      const names = [...cgroups!.enforces].flatMap((each) => kept[each]);
      return Object.fromEntries(Object.entries(limits).filter(([name]) => names.includes(name)));
    };
    const weighed = ({ cpuShares: _, ...limits }: Partial<typeof first>) => limits;
    expect(weighed(attempt.limits())).toEqual(weighed(expected(first)));
    for (const memory of [2 ** 27, 2 ** 25, -1]) {
      attempt.update({ memory });
      expect(weighed(attempt.limits())).toEqual(weighed(expected({ ...first, memory })));
    }
    child.kill('SIGKILL');
    await one.remove();
  });

  it('a pod that forks all the time is killed whole', async () => {
    const one = cgroups!.pod(pod());
    const attempt = one.container('c-0', {});
    const child = inside(attempt, 'while :; do sleep 1000 & sleep 0.01; done');
    await expect.poll(() => attempt.processes().length, { timeout: 60_000 }).toBeGreaterThan(20);
    await one.remove();
    expect(cgroups!.find(`test-${count - 1}`)).toBeUndefined();
    child.kill('SIGKILL');
  });

  it('collects what no pod owns', async () => {
    const [kept, lost] = [pod(), pod()];
    const child = inside(cgroups!.pod(lost).container('c-0', {}), 'echo in && exec sleep 100');
    cgroups!.pod(kept);
    const over = ended(child);
    // a shell that has not entered yet would find nothing to enter
    await once(child.stdout!, 'data');
    await cgroups!.collect((uid) => uid === kept.metadata.uid);
    expect((await over).signal).toBe('SIGKILL');
    expect([kept, lost].map(({ metadata }) => Boolean(cgroups!.find(metadata.uid)))).toEqual([true, false]);
  });

  it('leaves none of those that another program has made for a pod, in whatever tree', async () => {
    const { v1 } = cgroupMounts(
      readFileSync('/proc/self/mountinfo', 'utf8'),
      readFileSync('/proc/self/cgroup', 'utf8'),
    );
    const one = cgroups!.pod(pod());
    const made = [...v1.values()].map(({ mountPoint }) => join(mountPoint, one.path, 'by-another'));
    for (const directory of made) mkdirSync(directory, { recursive: true });
    await one.remove();
    expect(made.map((directory) => join(directory, '..')).filter(existsSync)).toEqual([]);
  });
});
