import { mkdirSync, statfsSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import type { Node } from '../../schema/types.ts';
import { appArmorHost } from './admission/app-armor.ts';
import { sysctlAllowlist } from './admission/sysctls.ts';
import type { NodePolicy } from './admission/admission.ts';
import type { EvictionManager } from './eviction/eviction-manager.ts';
import { nodeEvictions } from './eviction/node-evictions.ts';
import type { PressureCondition } from './eviction/signals.ts';
import { DEFAULT_EVICTION } from './eviction/thresholds.ts';
import { UsageReader } from './usage/usage-reader.ts';
import { DEFAULT_MAX_PODS, type NodeHandle, type NodeOptions } from './contract.ts';
import { openNodeCgroups, type NodeCgroups } from './cgroups/node-cgroups.ts';
import { ImageCollector } from './images/image-collector.ts';
import { imagesOf } from './images/images-of-pods.ts';
import { BridgeNetwork } from './network/bridge-network.ts';
import { SHUTTING_DOWN } from './node-shutdown.ts';
import { ManifestFolder } from './static/manifest-folder.ts';
import { nodeAddress } from './network/node-address.ts';
import { limitsNotEnforced, underPressure, type NodeFacts } from './node-object.ts';
import type { AgentContext } from './pods/agent-context.ts';
import { PodManager } from './pods/pod-manager.ts';
import { Registration } from './registration.ts';
import { probeCapabilities } from './runtimes/process/capabilities.ts';
import { KubeletServer } from './server/kubelet-server.ts';
import { ServingCertificate } from './server/serving-certificate.ts';
import { openAgentParts, type AgentParts } from './agent-parts.ts';
import { declareReads, NodeNetwork } from './node-network.ts';

/** What containers get to end, when they end with the agent, ms: Ctrl-C is done soon after. */
const STOP_GRACE_MS = 3000;

/** A node whose containers are processes of this machine. It acts as `system:node:NAME`. */
export const createNode = (options: NodeOptions): NodeHandle => new Agent(options);

/** Says on the Node how Services are served. */
const SERVICE_PROXY = 'ku7s.io/service-proxy';

class Agent implements NodeHandle {
  port = 0;
  private manager: PodManager | undefined;
  private server: KubeletServer | undefined;
  private registration: Registration | undefined;
  private certificate: ServingCertificate | undefined;
  private network: NodeNetwork | undefined;
  private parts: AgentParts | undefined;
  private collector: ImageCollector | undefined;
  private evictions: EvictionManager | undefined;
  private policy: NodePolicy & { pressure: readonly PressureCondition[] };

  constructor(private readonly options: NodeOptions) {
    this.policy = {
      sysctls: sysctlAllowlist(release(), options.allowedUnsafeSysctls),
      appArmor: appArmorHost(),
      pressure: [],
      shuttingDown: false,
    };
    // Informers that start before the agent does must already know what it reads.
    for (const resource of ['nodes', 'pods', 'services']) options.informers.informer(resource);
    declareReads(options);
  }

  async start(): Promise<void> {
    const { options } = this;
    mkdirSync(options.dataDir, { recursive: true });
    const can = probeCapabilities(options.dataDir);
    const limits = openNodeCgroups(options.dataDir, options.clock, options.limits);
    const facts = this.facts(limits);
    const pods = options.informers.informer('pods');
    const now = { node: () => this.node(), policy: () => this.policy };
    const parts = (this.parts = await openAgentParts(options, { can, limits, facts }, now));
    const { context, runtime, csi } = parts;
    const usage = new UsageReader(context, facts.size);
    const network = (this.network = new NodeNetwork(options, context, () => void this.registration?.report()));
    if (network.kind) facts.annotations = { [SERVICE_PROXY]: network.kind };
    this.manager = new PodManager(pods, context, this.manifests());
    this.collector = this.collectImages(context, this.manager);
    const server = (this.server = new KubeletServer(options.ca, this.manager, context, usage));
    this.port = await server.listen(options.port ?? 0, facts.address);
    facts.port = this.port;
    facts.runtime = runtime.version;
    facts.images = () => this.collector?.forStatus() ?? Promise.resolve([]);
    this.registration = new Registration(context.client, options.clock, options.random, options.log, facts);
    await this.registration.start();
    // who approves it asks the Node for its addresses
    this.certificate = new ServingCertificate({
      client: context.client,
      clock: options.clock,
      random: options.random,
      log: options.log,
      name: facts.name,
      address: facts.address,
      ca: options.ca,
      file: join(options.dataDir, 'pki', 'kubelet-server.json'),
      use: (pair) => server.use(pair),
    });
    this.certificate.start();
    await Promise.all([pods.whenSynced(), options.informers.informer('services').whenSynced()]);
    // pods that run have volumes of the drivers that are there
    await csi.start().catch((error: unknown) => options.log('CSI drivers are not served', { error: String(error) }));
    await network.start();
    if (options.networkPolicies) void this.registration.report();
    await this.manager.start();
    this.collector?.start();
    this.startEvictions(context, this.manager, usage);
    options.log('node ready', {
      node: options.name,
      port: this.port,
      pods: context.network instanceof BridgeNetwork ? 'own network' : "the host's network",
      files: can.rootView ? 'own root' : `none: ${can.missing}`,
      services: network.kind ?? 'not served',
      ...(network.reason && { nftables: network.reason }),
    });
  }

  async stop(): Promise<void> {
    const kill = (this.options.onStop ?? 'kill') === 'kill';
    if (kill) await this.shutDown();
    this.registration?.stop();
    this.evictions?.stop();
    this.certificate?.stop();
    this.collector?.stop();
    await this.network?.stopServices(!kill);
    await this.manager?.stop(kill ? STOP_GRACE_MS : undefined);
    const left = kill ? 0 : (this.manager?.allWorkers().filter((each) => each.holds).length ?? 0);
    if (left) this.options.log('pods go on without their agent; the next start takes them over', { pods: left });
    const { context, runtime, csi } = this.parts ?? {};
    context?.volumes.close();
    await csi?.stop();
    await this.server?.close();
    await runtime?.stop(kill);
    await this.network?.stopPolicies(!kill);
    if (kill) await context?.network.close();
    if (kill) await context?.cgroups?.close();
  }

  /** The node goes down: it takes no more pods, and those that it has end in their order, as the kubelet has it. */
  private async shutDown(): Promise<void> {
    const { shutdown = { total: 0, critical: 0 }, events, name } = this.options;
    if (!this.manager || shutdown.total <= 0) return;
    this.policy = { ...this.policy, shuttingDown: true };
    events.event(
      { kind: 'Node', metadata: { name, uid: name } },
      'Normal',
      'NodeShutdown',
      'Shutdown manager detected shutdown event',
    );
    await this.registration?.report();
    await this.manager.shutDown(shutdown);
  }

  private manifests(): ManifestFolder | undefined {
    const { manifests, name: node, clock, log } = this.options;
    return manifests && new ManifestFolder({ ...manifests, node, clock, log });
  }

  private facts({ size, missing }: NodeCgroups): NodeFacts {
    const { name, address = nodeAddress(), maxPods = DEFAULT_MAX_PODS, labels, taints, dataDir } = this.options;
    const { bsize, blocks } = statfsSync(dataDir);
    const always = missing ? [limitsNotEnforced(missing)] : [];
    return {
      name,
      address,
      port: 0,
      maxPods,
      size,
      strictGroups: this.options.runtime !== 'containerd',
      storage: bsize * blocks,
      labels,
      taints,
      limits: this.options.limits,
      conditions: () => [
        ...underPressure(this.policy.pressure),
        ...always,
        ...(this.parts?.lacks ?? []),
        ...(this.policy.shuttingDown ? [SHUTTING_DOWN] : []),
        ...(this.network?.conditions() ?? []),
      ],
    };
  }

  private collectImages({ images }: AgentContext, manager: PodManager): ImageCollector {
    const { clock, log, events, name } = this.options;
    return new ImageCollector({
      service: images.service,
      clock,
      log,
      warn: (reason, message) =>
        events.event({ kind: 'Node', metadata: { name, uid: name } }, 'Warning', reason, message),
      inUse: () => imagesOf(manager.allWorkers()),
      kept: (ids) => this.parts?.runtime.images.records.keep(ids),
    });
  }

  private startEvictions(context: AgentContext, manager: PodManager, usage: UsageReader): void {
    const settings = this.options.limits?.eviction ?? DEFAULT_EVICTION;
    const reclaimImages = async (): Promise<void> => void (await this.collector?.deleteUnused());
    this.evictions = nodeEvictions(manager, usage, context, settings, reclaimImages, (pressure) => {
      this.policy = { ...this.policy, pressure };
      void this.registration?.report();
    });
    this.evictions.start();
  }

  /** As the informer has it, or as it was registered while that has not heard of it. */
  private node(): Node {
    const { informers, name } = this.options;
    const node = informers.informer('nodes').get('', name) ?? this.registration?.node;
    if (!node) throw new Error(`node ${name} is not registered`);
    return node;
  }
}
