import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Pod } from '../../schema/types.ts';
import { probeCapabilities } from '../../src/nodes/runtimes/process/capabilities.ts';
import { Random } from './fuzz/random.ts';
import { eventually, startCluster, type Cluster } from './support/cluster.ts';
import { end, startRole, type Role } from './support/role.ts';
import { run } from './support/tools.ts';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'ku7s-agent-crashes-'));
const can = probeCapabilities(scratch);
/** CRASH_SEED repeats a run, CRASH_ROUNDS makes it longer. */
const seed = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);
const rounds = Number(process.env['CRASH_ROUNDS'] ?? 6);
/** Pods that there are at a time, at most. */
const MOST = 6;

/** Command lines of this machine's processes that have the mark of a pod: one for each container that runs. */
const processes = (mark: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return line.startsWith('sh\0-c\0') && line.includes(`: ${mark};`)
          ? [`${pid} ${readlinkSync(`/proc/${pid}/ns/pid`)}`]
          : [];
      } catch {
        return [];
      }
    });

/** Of all of this machine's processes. */
const commandLines = (): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')];
      } catch {
        return [];
      }
    });

/** A pod with what takes time to begin and end: init containers, volumes in memory, probes, hooks, a deaf container. */
function podOf(name: string, random: Random): object {
  const probe = { exec: { command: ['true'] }, periodSeconds: 1 };
  const volumeMounts = [{ name: 'memory', mountPath: '/memory' }];
  const container = (which: string) => ({
    name: which,
    image: 'busybox',
    command: ['sh', '-c', `: ${name}-${which}; ${random.chance(0.3) ? 'trap "" TERM;' : ''} while :; do sleep 1; done`],
    volumeMounts,
    ...(random.chance(0.5) && { readinessProbe: probe }),
    ...(random.chance(0.5) && { livenessProbe: probe }),
    ...(random.chance(0.3) && { lifecycle: { preStop: { exec: { command: ['sleep', '0.2'] } } } }),
  });
  const init = { name: 'init', image: 'busybox', command: ['sh', '-c', 'sleep 0.3'], volumeMounts };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      terminationGracePeriodSeconds: 1,
      shareProcessNamespace: random.chance(0.3),
      volumes: [{ name: 'memory', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } }],
      ...(random.chance(0.5) && { initContainers: [init] }),
      containers: [container('a'), container('b')],
    },
  };
}

describe.skipIf(!can.rootView || !can.root)(`an agent that is killed at any moment (seed ${seed})`, () => {
  const random = new Random(seed);
  let cluster: Cluster;
  let agent: Role | undefined;
  let count = 0;
  beforeAll(async () => {
    cluster = await startCluster(['--roles', 'api,controllers,scheduler', '--addons', 'none']);
    agent = await start();
  });
  afterAll(async () => {
    if (agent) await end(agent);
    await cluster?.remove();
    rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
  });
  const start = (): Promise<Role> =>
    startRole('nodes', cluster, scratch, '--node-name', 'crashing', '--pods-on-stop', 'end');
  const kubectl = (args: readonly string[], input?: string) => run('kubectl', cluster.kubeconfig, args, input);
  const pods = async (): Promise<Pod[]> => {
    const { stdout } = await kubectl(['get', 'pods', '-o', 'json']);
    return stdout ? (JSON.parse(stdout) as { items: Pod[] }).items : [];
  };
  const hasStarted = (pod: Pod): boolean =>
    pod.status?.containerStatuses?.every(({ state, ready }) => state?.running && ready) ?? false;

  /** Makes and deletes some, so that something of everything is under way. */
  async function change(): Promise<void> {
    const there = (await pods())
      .filter(({ metadata }) => !metadata.deletionTimestamp)
      .map(({ metadata }) => metadata.name);
    const gone = there.filter(() => random.chance(0.4));
    if (gone.length) await kubectl(['delete', 'pod', '--wait=false', ...gone]);
    const more = Array.from({ length: 1 + random.int(MOST - there.length + gone.length) }, () =>
      podOf(`crash-${seed}-${count++}`, random),
    );
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: more });
    const { code, stderr } = await kubectl(['apply', '-f', '-'], list);
    expect(code, stderr).toBe(0);
  }

  it('starts nothing twice and leaves nothing behind', { timeout: 600_000 }, async () => {
    for (let round = 0; round < rounds; round++) {
      await change();
      await new Promise((resolve) => setTimeout(resolve, random.int(4000)));
      await end(agent!, 'SIGKILL');
      // while none runs, others change what is wanted
      if (random.chance(0.5)) await change();
      agent = await start();
    }
    const all = await eventually(pods, (found) =>
      found.every((pod) => !pod.metadata.deletionTimestamp && hasStarted(pod)),
    );
    for (const { metadata, spec } of all) {
      for (const { name } of spec!.containers)
        expect(processes(`${metadata.name}-${name}`), `${metadata.name}/${name}, seed ${seed}`).toHaveLength(1);
    }
    // of those that are gone nothing runs
    const marks = new Set(all.map(({ metadata }) => metadata.name));
    for (let n = 0; n < count; n++) {
      const name = `crash-${seed}-${n}`;
      if (!marks.has(name))
        expect([...processes(`${name}-a`), ...processes(`${name}-b`)], `${name}, seed ${seed}`).toEqual([]);
    }
    await kubectl(['delete', 'pods', '--all', '--wait=false']);
    await eventually(pods, (found) => found.length === 0);
    const below = path.join(scratch, 'nodes');
    const left = () => ({
      mounts: readFileSync('/proc/self/mountinfo', 'utf8')
        .split('\n')
        .filter((line) => line.includes(below)),
      pods: readdirSync(path.join(below, 'node', 'pods')),
    });
    await eventually(
      async () => left(),
      ({ mounts, pods: folders }) => !mounts.length && !folders.length,
    );
    await end(agent!);
    agent = undefined;
    // a program that was asked something may still be at its answer
    await eventually(
      async () => commandLines().filter((line) => line.includes(`${below}/`)),
      (lines) => lines.length === 0,
    );
  });
});
