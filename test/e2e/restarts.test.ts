import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ContainerStatus, Pod } from '../../schema/types.ts';
import { probeCapabilities } from '../../src/nodes/runtimes/process/capabilities.ts';
import { buildImage, layoutFiles } from '../support/image-archive.ts';
import { programLayers } from '../support/program-image.ts';
import { eventually, startCluster, type Cluster } from './support/cluster.ts';
import { end, startRole, type Role } from './support/role.ts';
import { run, type Ran } from './support/tools.ts';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'ku7s-restarts-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true, maxRetries: 3 }));
const can = probeCapabilities(scratch);

const AGENTS: readonly { runtime: 'process' | 'containerd'; missing?: string }[] = [
  { runtime: 'process' },
  {
    runtime: 'containerd',
    ...(spawnSync('sh', ['-c', 'command -v containerd && command -v runc']).status !== 0 && {
      missing: 'there is no containerd, or no runc',
    }),
  },
];

/** A layout with an image of this name. */
async function writeBusybox(layout: string): Promise<void> {
  const image = buildImage(await programLayers(), { Env: ['PATH=/bin'] });
  for (const { name, content = '' } of layoutFiles({ 'busybox:latest': image })) {
    mkdirSync(path.dirname(path.join(layout, name)), { recursive: true });
    writeFileSync(path.join(layout, name), content);
  }
}

/** What a container runs: it says each second how far it is, and has an argument that no other program has. */
const ticking = (mark: string, count = 1_000_000): string =>
  `: > /tmp/ready; trap 'exit 1' TERM; n=0; while [ $n -lt ${count} ]; do n=$((n+1)); echo tick $n; sleep 1 & wait $!; done; : ${mark}`;

/** One of each kind of workload, in a namespace of its own. */
const workloads = (ns: string): object[] => {
  const container = (mark: string, more: object = {}) => ({
    name: 'c',
    image: 'busybox',
    command: ['sh', '-c', ticking(`${ns}-${mark}`)],
    readinessProbe: {
      exec: { command: ['sh', '-c', 'test -e /tmp/ready'] },
      periodSeconds: 1,
      timeoutSeconds: 30,
      failureThreshold: 1,
    },
    ...more,
  });
  const selecting = (app: string) => ({
    selector: { matchLabels: { app } },
    template: { metadata: { labels: { app } } },
  });
  const apps = (kind: string, name: string, spec: object, pod: object) => {
    const { selector, template } = selecting(name);
    const metadata = { name, namespace: ns };
    return { apiVersion: 'apps/v1', kind, metadata, spec: { selector, template: { ...template, spec: pod }, ...spec } };
  };
  const volumeMounts = [{ name: 'data', mountPath: '/data' }];
  const claim = {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
  };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: ns } },
    apps('Deployment', 'web', { replicas: 2 }, { containers: [container('web')] }),
    apps(
      'StatefulSet',
      'db',
      { serviceName: 'db', volumeClaimTemplates: [claim] },
      { containers: [container('db', { volumeMounts })] },
    ),
    apps('DaemonSet', 'agent', {}, { hostNetwork: true, containers: [container('agent')] }),
    {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'work', namespace: ns },
      spec: { template: { spec: { restartPolicy: 'OnFailure', containers: [container('work')] } } },
    },
  ];
};
const PODS = 5;

interface Seen {
  uid: string;
  ip: string | undefined;
  restarts: number;
  id: string | undefined;
}

const statusOf = (pod: Pod): ContainerStatus | undefined => pod.status?.containerStatuses?.[0];
const isReady = (pod: Pod): boolean =>
  pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;

/** Command lines of the processes of this machine that have the mark of a namespace: shells that tick. */
const tickers = (ns: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        return '';
      }
    })
    .filter((line) => line.startsWith('sh\0-c\0') && line.includes(`: ${ns}-`));

/** A cluster with what can be killed of it, and one of each workload in it. */
class World {
  /** @param node its folder */
  constructor(
    readonly cluster: Cluster,
    readonly ns: string,
    readonly node: string,
  ) {}

  kubectl(...args: string[]): Promise<Ran> {
    return run('kubectl', this.cluster.kubeconfig, args);
  }

  async fill(): Promise<void> {
    const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: workloads(this.ns) });
    // without the schema, for which kubectl waits no longer than half a minute
    const args = ['create', '--validate=ignore', '-f', '-'];
    const { stderr, code } = await run('kubectl', this.cluster.kubeconfig, args, text);
    expect(code, stderr).toBe(0);
  }

  async pods(): Promise<Pod[]> {
    const { stdout } = await this.kubectl('get', 'pods', '-n', this.ns, '-o', 'json');
    try {
      return (JSON.parse(stdout) as { items: Pod[] }).items;
    } catch {
      return [];
    }
  }

  /** When all are ready: what is known of each, by the name of its pod. */
  async ready(good: (pods: Pod[]) => boolean = () => true): Promise<Map<string, Seen>> {
    const pods = await eventually(
      () => this.pods(),
      (all) => all.length === PODS && all.every(isReady) && good(all),
    );
    return new Map(
      pods.map((pod) => [
        pod.metadata.name,
        {
          uid: pod.metadata.uid,
          ip: pod.status?.podIP,
          restarts: statusOf(pod)?.restartCount ?? -1,
          id: statusOf(pod)?.containerID,
        },
      ]),
    );
  }

  /** The last number that a pod's container has said. */
  async tick(pod: string): Promise<number> {
    const { stdout } = await this.kubectl('logs', '-n', this.ns, pod, '--tail=1');
    return Number(/tick (\d+)/.exec(stdout)?.[1] ?? 0);
  }
}

/**
 * @param again whether containers begin again, or go on
 * @param kill ends what is to be ended; resolves when all runs again
 */
async function survives(world: World, again: boolean, kill: () => Promise<void>): Promise<void> {
  const { ns } = world;
  const before = await world.ready();
  expect(tickers(ns)).toHaveLength(PODS);
  await kill();
  const restartsOf = (name: string): number => (before.get(name)?.restarts ?? 0) + (again ? 1 : 0);
  const after = await world.ready((all) =>
    all.every((pod) => statusOf(pod)?.restartCount === restartsOf(pod.metadata.name)),
  );
  for (const [name, { uid, ip, id }] of before) {
    expect(after.get(name), name).toMatchObject({ uid, ip, restarts: restartsOf(name) });
    expect(after.get(name)?.id === id, name).toBe(!again);
  }
  // nothing twice, nothing orphaned
  expect(tickers(ns)).toHaveLength(PODS);

  const [pod = ''] = after.keys();
  const said = await world.tick(pod);
  await eventually(
    () => world.tick(pod),
    (tick) => tick > said,
  );
  // it is probed
  const isSeen = async (ready: boolean): Promise<unknown> =>
    eventually(
      async () => (await world.pods()).find(({ metadata }) => metadata.name === pod),
      (found) => found !== undefined && isReady(found) === ready,
    );
  const exec = (command: string): Promise<Ran> => world.kubectl('exec', '-n', ns, pod, '--', 'sh', '-c', command);
  expect((await exec('rm /tmp/ready')).stderr).toBe('');
  await isSeen(false);
  expect((await exec(': > /tmp/ready')).stderr).toBe('');
}

/** What went on all the time goes when it is deleted. */
async function ends(world: World): Promise<void> {
  const uids = [...(await world.ready()).values()].map(({ uid }) => uid);
  expect((await world.kubectl('delete', 'namespace', world.ns, '--wait=true')).stderr).toBe('');
  expect(tickers(world.ns)).toEqual([]);
  // files go after the object
  await eventually(
    () => Promise.resolve(readdirSync(path.join(world.node, 'pods'))),
    (left) => uids.every((uid) => !left.includes(uid)),
  );
}

const postmaster = ({ data }: Cluster): number =>
  Number(readFileSync(path.join(data, 'postgres/pgdata/postmaster.pid'), 'utf8').split('\n', 1)[0]);

const gone = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });

const isThere = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe.skipIf(!can.rootView)('pods outlive', () => {
  describe('in one process with the API', () => {
    let world: World;
    let cluster: Cluster;
    beforeAll(async () => {
      cluster = await startCluster();
      world = new World(cluster, 'together', path.join(cluster.data, 'node'));
      await world.fill();
    });
    afterAll(() => cluster?.remove());

    it('kill -9 of the server: they go on', () =>
      survives(world, false, async () => {
        cluster.process.kill('SIGKILL');
        await gone(cluster.process);
        expect(tickers(world.ns)).toHaveLength(PODS);
        await cluster.restart();
      }));

    it('kill -9 of Postgres: they go on, and so does the API', () =>
      survives(world, false, async () => {
        const pid = postmaster(cluster);
        process.kill(pid, 'SIGKILL');
        await eventually(
          async () => (await world.kubectl('create', 'configmap', 'back', '-n', world.ns)).code,
          (code) => code === 0,
        );
        expect(postmaster(cluster)).not.toBe(pid);
      }));

    it('Ctrl-C and a start: they begin again, each at its address', () =>
      survives(world, true, async () => {
        await cluster.stop();
        expect(tickers(world.ns)).toEqual([]);
        await cluster.restart();
      }));

    it('kill -9 of everything, containers too: they begin again, each at its address', () =>
      survives(world, true, async () => {
        cluster.process.kill('SIGKILL');
        process.kill(postmaster(cluster), 'SIGKILL');
        await gone(cluster.process);
        for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
          try {
            const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
            if (line.includes(`: ${world.ns}-`)) process.kill(Number(pid), 'SIGKILL');
          } catch {
            continue;
          }
        await cluster.restart();
      }));

    it('leave nothing when they are deleted', () => ends(world));
  });

  describe.each(AGENTS)('as an agent of its own on $runtime', ({ runtime, missing }) => {
    const folder = mkdtempSync(path.join(scratch, `${runtime}-`));
    const images = path.join(folder, 'images');
    let cluster: Cluster;
    let agent: Role | undefined;
    let world: World;
    const start = (...more: string[]): Promise<Role> =>
      startRole('nodes', cluster, folder, '--nodes', `${runtime}:1`, '--images', images, ...more);
    beforeAll(async () => {
      if (missing) return;
      mkdirSync(images);
      if (runtime === 'containerd') await writeBusybox(path.join(images, 'busybox'));
      cluster = await startCluster(['--roles', 'api,controllers,scheduler', '--addons', 'storage']);
      agent = await start();
      world = new World(cluster, `apart-${runtime}`, path.join(folder, 'nodes', 'node'));
      await world.fill();
    });
    beforeEach(({ skip }) => skip(missing !== undefined, missing));
    afterAll(async () => {
      if (agent) await end(agent);
      // nothing of the machine is kept for a next start
      if (agent) await end(await start('--pods-on-stop', 'end'));
      await cluster?.remove();
    });

    it('its kill -9: they go on', () =>
      survives(world, false, async () => {
        await end(agent!, 'SIGKILL');
        agent = await start();
      }));

    it('its Ctrl-C: they go on', () =>
      survives(world, false, async () => {
        await end(agent!);
        expect(agent!.log()).toContain('pods go on without their agent');
        expect(tickers(world.ns)).toHaveLength(PODS);
        agent = await start();
      }));

    it('leave nothing when they are deleted', () => ends(world));
  });
});

describe('npm start', () => {
  // the shell and npm pass it on, or the server sees that they are gone
  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('ends with npm alone, by %s', async (signal) => {
    const data = mkdtempSync(path.join(scratch, 'npm-'));
    const args = ['start', '--', '--data', data, '--secure-port', '0', '--roles', 'api'];
    const npm = spawn('npm', args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    await new Promise<void>((resolve, reject) => {
      npm.stdout.on('data', (chunk: Buffer) => chunk.includes('is ready at') && resolve());
      npm.once('exit', (code) => reject(new Error(`exit ${code}`)));
    });
    const server = Number(readFileSync(path.join(data, 'api.lock'), 'utf8'));
    const database = postmaster({ data } as Cluster);
    npm.kill(signal);
    await eventually(
      () => Promise.resolve([server, database].filter(isThere)),
      (left) => left.length === 0,
    );
  });
});
