import { CAPABILITIES } from '../../../src/nodes/pods/capabilities.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContainerStatus, Pod, PodStatus } from '../../../schema/types.ts';
import { PullRecords } from '../../../src/nodes/images/credentials/pull-records.ts';
import { HostPrograms } from '../../../src/nodes/images/host-programs.ts';
import { ClaimDevices } from '../../../src/nodes/devices/pod-devices.ts';
import { ImageManager } from '../../../src/nodes/images/image-manager.ts';
import { sysctlAllowlist } from '../../../src/nodes/admission/sysctls.ts';
import { LogStore } from '../../../src/nodes/logs/log-store.ts';
import type { PodNetwork } from '../../../src/nodes/network/pod-network.ts';
import type { AgentContext } from '../../../src/nodes/pods/agent-context.ts';
import { ObjectSource } from '../../../src/nodes/pods/object-source.ts';
import { PodManager } from '../../../src/nodes/pods/pod-manager.ts';
import { ManifestFolder } from '../../../src/nodes/static/manifest-folder.ts';
import { readPodManifest } from '../../../src/start/pod-manifest.ts';
import { PodVolumes } from '../../../src/nodes/volumes/pod-volumes.ts';
import type { Manifest } from '../../support/fake-api.ts';
import { NodeApi } from '../node-api.ts';
import { FakeRuntime } from './fake-runtime.ts';

/** Work on files that is under way: time must not pass before it is done. */
class Files {
  busy = 0;
  counted<A extends unknown[], R>(work: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
    return async (...args) => {
      this.busy++;
      try {
        return await work(...args);
      } finally {
        this.busy--;
      }
    };
  }
}

/** A node's pod manager as it is, over the one fake API, a runtime that does as it is told, and a clock that stands still. */
export class FakeNode {
  readonly runtime: FakeRuntime;
  readonly events: string[];
  /** uids of the pods that have an address */
  readonly attached: ReadonlySet<string>;

  private constructor(
    readonly cluster: NodeApi,
    readonly directory: string,
    private manager: PodManager,
    private readonly context: AgentContext,
    private readonly parts: {
      runtime: FakeRuntime;
      events: string[];
      attached: Set<string>;
      shuttingDown: boolean;
      given: boolean;
    },
    private readonly manifests: () => ManifestFolder | undefined,
  ) {
    this.runtime = parts.runtime;
    this.events = parts.events;
    this.attached = parts.attached;
  }

  static async open({
    maxPods = 110,
    limits,
    manifests,
    given,
    makeRuntime = (now) => new FakeRuntime(now),
  }: {
    maxPods?: number;
    limits?: Partial<AgentContext>;
    manifests?: string;
    /** who opened it closes it */
    given?: NodeApi;
    makeRuntime?: (now: () => number) => FakeRuntime;
  } = {}): Promise<FakeNode> {
    const cluster = given ?? (await NodeApi.open());
    const { clock, api } = cluster;
    const directory = mkdtempSync(join(tmpdir(), 'ku7s-pods-'));
    const files = new Files();
    clock.settle = () => api.quiet(() => files.busy > 0);
    const parts = {
      runtime: makeRuntime(() => clock.now()),
      events: [] as string[],
      attached: new Set<string>(),
      shuttingDown: false,
      given: given !== undefined,
    };
    const podsDir = join(directory, 'pods');
    const client = cluster.client.as('system:node:n1', 'kubelet');
    const source = new ObjectSource(client, clock);
    const volumes = new PodVolumes(podsDir, client, source, clock);
    const logs = new LogStore(join(directory, 'logs'), () => clock.now());
    volumes.prepare = files.counted(volumes.prepare.bind(volumes));
    volumes.unmount = files.counted(volumes.unmount.bind(volumes));
    volumes.discard = files.counted(volumes.discard.bind(volumes));
    volumes.remove = files.counted(volumes.remove.bind(volumes));
    logs.dropOlderThan = files.counted(logs.dropOlderThan.bind(logs));
    logs.remove = files.counted(logs.remove.bind(logs));
    const allocatable = { cpu: '4', memory: '8Gi', pods: String(maxPods) };
    const context: AgentContext = {
      nodeName: 'n1',
      hostIP: '192.0.2.1',
      clusterDomain: 'cluster.local',
      dnsIP: '10.96.0.10',
      podsDir,
      client,
      clock,
      random: () => 0,
      log: () => undefined,
      events: { event: (_about, type, reason, text) => void parts.events.push(`${type} ${reason} ${text}`) },
      runtime: parts.runtime,
      images: new ImageManager({
        service: new HostPrograms(),
        records: new PullRecords(join(directory, 'images', 'pulled.json')),
        events: { event: (_about, type, reason, text) => void parts.events.push(`${type} ${reason} ${text}`) },
        clock,
        secret: (namespace, name) => source.secret(namespace, name),
      }),
      logs,
      volumes,
      devices: new ClaimDevices(join(directory, 'claims'), client, {
        deviceDriver: (name) => {
          throw new Error(`DRA driver ${name} is not registered`);
        },
      }),
      source,
      network: network(parts.attached),
      unenforced: { why: '', refused: false },
      services: () => [],
      machine: { available: CAPABILITIES, memory: 8 * 2 ** 30, seccompDefault: true },
      allocatable,
      node: () => cluster.informers.informer('nodes').get('', 'n1')!,
      policy: () => ({ sysctls: sysctlAllowlist('6.1'), pressure: [], shuttingDown: parts.shuttingDown }),
      ...limits,
    };
    await api.give({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' }, status: { allocatable } });
    const pods = cluster.informers.informer('pods');
    cluster.informers.informer('nodes');
    const folder = (): ManifestFolder | undefined => {
      if (manifests === undefined) return undefined;
      const made = new ManifestFolder({
        path: manifests,
        node: 'n1',
        read: readPodManifest,
        clock,
        log: (message, fields) => void parts.events.push(`log ${message} ${JSON.stringify(fields)}`),
      });
      made.look = files.counted(made.look.bind(made));
      return made;
    };
    const manager = new PodManager(pods, context, folder());
    cluster.informers.start();
    await clock.advance(0);
    await manager.start();
    return new FakeNode(cluster, directory, manager, context, parts, folder);
  }

  /** A pod of this node, and what it does at once. */
  async run(name: string, spec: object, metadata: Partial<Manifest['metadata']> = {}): Promise<void> {
    await this.cluster.addPod(name, { nodeName: 'n1', ...spec }, { metadata });
    await this.advance(0);
  }

  /** Another agent takes the place of this one, which leaves all containers. */
  async restart(): Promise<void> {
    await this.manager.stop(undefined);
    this.manager = new PodManager(this.cluster.informers.informer('pods'), this.context, this.manifests());
    await this.manager.start();
    await this.advance(0);
  }

  /** The node goes down. Resolves when its pods have ended, in time that passes. */
  shutDown(total: number, critical: number): Promise<void> {
    this.parts.shuttingDown = true;
    return this.manager.shutDown({ total, critical });
  }

  advance(ms: number): Promise<void> {
    return this.cluster.clock.advance(ms);
  }

  find(name: string): Pod | undefined {
    return this.cluster.informers.informer('pods').get('a', name);
  }
  get pods(): readonly Pod[] {
    return this.cluster.informers.informer('pods').list();
  }
  status(name: string): PodStatus {
    return this.find(name)!.status!;
  }
  container(pod: string, name = 'c'): ContainerStatus {
    const { initContainerStatuses = [], containerStatuses = [] } = this.status(pod);
    return [...initContainerStatuses, ...containerStatuses].find((each) => each.name === name)!;
  }

  async close(): Promise<void> {
    this.runtime.deaf.clear();
    await this.manager.stop(1);
    if (!this.parts.given) await this.cluster.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

const network = (attached: Set<string>): PodNetwork => ({
  async attach(uid) {
    attached.add(uid);
    return { ip: '10.244.0.5', netns: '/run/netns/x' };
  },
  detach: async (uid) => void attached.delete(uid),
  collect: async () => undefined,
  close: async () => undefined,
});
