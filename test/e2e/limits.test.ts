import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './support/cluster.ts';
import { kubectlSuite, pod, type Session } from './support/kubectl.ts';

/** Why limits cannot be tried here; empty where they can. */
function lacking(): string {
  if (process.getuid?.() !== 0) return 'the node is not root';
  const mounts = readFileSync('/proc/self/mounts', 'utf8');
  return / cgroup2? rw/.test(mounts) ? '' : 'no cgroups are mounted for writing';
}
const why = lacking();

/** Cgroups of this machine that were made for a pod. */
function cgroupsOf(uid: string): string[] {
  const found: string[] = [];
  const look = (directory: string, depth: number): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const below = path.join(directory, entry.name);
      if (entry.name === `pod${uid}`) found.push(below);
      else if (depth > 0 && /^(ku7s-|kubepods|burstable|besteffort)/.test(entry.name)) look(below, depth - 1);
      else if (directory === '/sys/fs/cgroup') look(below, depth);
    }
  };
  look('/sys/fs/cgroup', 4);
  return found;
}

const mountsOf = (uid: string): string[] =>
  readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes(uid));

const resources = (limits: Record<string, string>) => ({ limits, requests: limits });
const once = (name: string, script: string, more: object = {}, spec: object = {}) =>
  pod(name, {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'c', image: 'busybox', command: ['sh', '-c', script], ...more }],
    ...spec,
  });

const FILL = 'head -c 20000000 /dev/zero > /v/file';
const MOUNTED = { volumeMounts: [{ name: 'v', mountPath: '/v' }] };
const emptyDir = (of: object) => ({ volumes: [{ name: 'v', emptyDir: of }] });

/** What a pod takes more of than it may have, and what becomes of it. */
describe.skipIf(why)(`limits of pods${why && ` (skipped: ${why})`}`, () => {
  const suite = kubectlSuite('limits', ['--pod-max-pids', '64', '--eviction-pressure-transition-period', '10s'], 1);
  let session: Session;
  beforeAll(async () => {
    session = await suite.namespace();
    // folders are measured now and then: it fills its own while others are looked at
    await session.ok('create -f -', once('disk', `${FILL}; sleep 1000`, MOUNTED, emptyDir({ sizeLimit: '1Mi' })));
  });

  const ended = async (name: string): Promise<{ reason: string; exitCode: number }> => {
    const state = '.status.containerStatuses[0].state.terminated';
    await eventually(
      () => session.field(`pod/${name}`, `${state}.reason`),
      (reason) => reason !== '',
    );
    return {
      reason: await session.field(`pod/${name}`, `${state}.reason`),
      exitCode: Number(await session.field(`pod/${name}`, `${state}.exitCode`)),
    };
  };

  it('memory: it is killed for it, and says so', async () => {
    const script = 'x=$(head -c 300000000 /dev/zero | tr "\\0" a); echo ${#x}';
    await session.ok(
      'create -f -',
      once('memory', `exec sh -c '${script}'`, { resources: resources({ memory: '32Mi' }) }),
    );
    expect(await ended('memory')).toEqual({ reason: 'OOMKilled', exitCode: 137 });
    await session.ok('create -f -', once('killed', 'kill -9 $$; sleep 1; exit 137'));
    expect((await ended('killed')).reason).toBe('Error');
  });

  it('cpu: it gets no more than its part', async () => {
    const spin = 'while :; do :; done';
    const limits = resources({ cpu: '100m', memory: '32Mi' });
    await session.ok('create -f -', once('cpu', spin, { resources: limits }));
    await session.ok('wait pod/cpu --for=condition=Ready --timeout=110s');
    const [cgroup] = cgroupsOf(await session.field('pod/cpu', '.metadata.uid')).filter((each) =>
      existsSync(path.join(each, 'c-0', 'cpu.stat')),
    );
    const throttled = (): number =>
      Number(/^nr_throttled (\d+)/m.exec(readFileSync(path.join(cgroup!, 'c-0', 'cpu.stat'), 'utf8'))?.[1] ?? 0);
    await eventually(
      async () => throttled(),
      (count) => count > 5,
    );
    await session.ok('delete pod cpu');
  });

  it('processes: no more begin than its pod may have', async () => {
    const bomb = 'i=0; while [ $i -lt 200 ]; do (sleep 100 &) || exit 7; i=$((i+1)); done; exit 0';
    await session.ok('create -f -', once('pids', bomb));
    const { exitCode } = await ended('pids');
    expect(exitCode).not.toBe(0);
  });

  it('an emptyDir in memory is full at its size', async () => {
    const volume = emptyDir({ medium: 'Memory', sizeLimit: '1Mi' });
    await session.ok('create -f -', once('tmpfs', FILL, MOUNTED, volume));
    expect(await ended('tmpfs')).toMatchObject({ reason: 'Error', exitCode: 1 });
  });

  it('what was resized holds in the kernel, and the container stays', async () => {
    const before = resources({ cpu: '100m', memory: '64Mi' });
    await session.ok('create -f -', once('grows', 'sleep 1000', { resources: before }));
    await session.ok('wait pod/grows --for=condition=Ready --timeout=110s');
    const patch = { spec: { containers: [{ name: 'c', resources: resources({ cpu: '200m', memory: '128Mi' }) }] } };
    await session.ok(`patch pod grows --subresource resize --patch ${JSON.stringify(patch)}`);
    await eventually(
      () => session.field('pod/grows', '.status.containerStatuses[0].resources.limits.memory'),
      (memory) => memory === '128Mi',
    );
    const uid = await session.field('pod/grows', '.metadata.uid');
    const limits = cgroupsOf(uid).flatMap((each) =>
      ['memory.limit_in_bytes', 'memory.max']
        .map((file) => path.join(each, 'c-0', file))
        .filter((file) => existsSync(file))
        .map((file) => readFileSync(file, 'utf8').trim()),
    );
    expect(limits).toEqual([String(128 * 2 ** 20)]);
    expect(await session.field('pod/grows', '.status.containerStatuses[0].restartCount')).toBe('0');
  });

  it('an emptyDir on disk ends its pod', async () => {
    await eventually(
      () => session.field('pod/disk', '.status.reason'),
      (reason) => reason === 'Evicted',
    );
    expect(await session.field('pod/disk', '.status.message')).toBe(
      'Usage of EmptyDir volume "v" exceeds the limit "1Mi". ',
    );
  });

  it('nothing is left of pods that are deleted', async () => {
    const uids = (await session.ok('get pods -o jsonpath={.items[*].metadata.uid}')).split(' ');
    expect(uids.length).toBeGreaterThan(3);
    await session.ok('delete pods --all');
    await eventually(
      async () => uids.flatMap((uid) => [...cgroupsOf(uid), ...mountsOf(uid)]),
      (left) => left.length === 0,
    );
    const processes = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
    expect(uids.filter((uid) => processes.includes(uid))).toEqual([]);
  });
});
