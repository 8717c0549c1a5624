import { mkdirSync, realpathSync, statfsSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import type { Node } from '../../schema/types.ts';
import type { Informers } from '../client/informers.ts';
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
import { LogStore } from './logs/log-store.ts';
import { BridgeNetwork } from './network/bridge-network.ts';
import { machineLacks } from './machine-lacks.ts';
import { openPodNetwork } from './network/open-pod-network.ts';
import { SHUTTING_DOWN } from './node-shutdown.ts';
import { ManifestFolder } from './static/manifest-folder.ts';
import { nodeAddress } from './network/node-address.ts';
import { nodeAllocatable } from './node-allocatable.ts';
import { capacity, limitsNotEnforced, underPressure, type NodeFact, type NodeFacts } from './node-object.ts';
import { openServiceProxy, permittedProxy, type Permitted } from './network/open-service-proxy.ts';
import type { ServiceProxy } from './network/service-proxy.ts';
import { enforcePolicies, type PolicyEnforcement } from './policy/enforce-policies.ts';
import { POLICY_READS } from './policy/network-policies.ts';
import type { AgentContext } from './pods/agent-context.ts';
import { machineSecurity } from './pods/machine-security.ts';
import { ObjectSource } from './pods/object-source.ts';
import { PodManager } from './pods/pod-manager.ts';
import { Registration } from './registration.ts';
import { probeCapabilities, type Capabilities } from './runtimes/process/capabilities.ts';
import { openContainerdRuntime, openProcessRuntime, type NodeRuntime } from './runtimes/open-runtime.ts';
import { KubeletServer } from './server/kubelet-server.ts';
import { ServingCertificate } from './server/serving-certificate.ts';
import { CsiVolumes } from './volumes/csi/csi-volumes.ts';
import { PodVolumes } from './volumes/pod-volumes.ts';

/** What containers get to end, when they end with the agent, ms: Ctrl-C is done soon after. */
const STOP_GRACE_MS = 3000;
/** How long one attempt to have the image of a volume may take, ms. */
const IMAGE_MS = 10 * 60_000;

/** A node whose containers are processes of this machine. It acts as `system:node:NAME`. */
export const createNode = (options: NodeOptions): NodeHandle => new Agent(options);

/** Says on the Node how Services are served. */
const SERVICE_PROXY = 'ku7s.io/service-proxy';
/** What the service proxy reads. */
const PROXY_READS = ['services', 'endpointslices.discovery.k8s.io'] as const;

class Agent implements NodeHandle {
  port = 0;
  private manager: PodManager | undefined;
  private server: KubeletServer | undefined;
  private registration: Registration | undefined;
  private certificate: ServingCertificate | undefined;
  private services: ServiceProxy | undefined;
  private enforcement: PolicyEnforcement | undefined;
  private context: AgentContext | undefined;
  private runtime: NodeRuntime | undefined;
  private collector: ImageCollector | undefined;
  private csi: CsiVolumes | undefined;
  private evictions: EvictionManager | undefined;
  /** what the machine cannot give, as conditions */
  private lacks: readonly NodeFact[] = [];
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
    for (const resource of PROXY_READS) options.serviceProxy?.informer(resource);
    for (const resource of POLICY_READS) options.networkPolicies?.informer(resource);
  }

  async start(): Promise<void> {
    const { options } = this;
    mkdirSync(options.dataDir, { recursive: true });
    const can = probeCapabilities(options.dataDir);
    const limits = openNodeCgroups(options.dataDir, options.clock, options.limits);
    const facts = this.facts(limits);
    const pods = options.informers.informer('pods');
    const context = await this.makeContext(can, facts, limits);
    this.context = context;
    const usage = new UsageReader(context, facts.size);
    const permitted = permittedProxy(options.serviceProxyMode ?? 'auto', context.network);
    if (options.serviceProxy) facts.annotations = { [SERVICE_PROXY]: permitted.kind };
    this.enforcement = this.enforce(context, permitted);
    this.manager = new PodManager(pods, context, this.manifests());
    this.collector = this.collectImages(context, this.manager);
    const server = (this.server = new KubeletServer(options.ca, this.manager, context, usage));
    this.port = await server.listen(options.port ?? 0, facts.address);
    facts.port = this.port;
    facts.runtime = this.runtime?.version;
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
    await this.csi
      ?.start()
      .catch((error: unknown) => options.log('CSI drivers are not served', { error: String(error) }));
    if (options.serviceProxy) await this.startServices(context, options.serviceProxy, permitted);
    await this.enforcement?.start();
    if (this.enforcement) void this.registration.report();
    await this.manager.start();
    this.collector?.start();
    this.startEvictions(context, this.manager, usage);
    options.log('node ready', {
      node: options.name,
      port: this.port,
      pods: context.network instanceof BridgeNetwork ? 'own network' : "the host's network",
      files: can.rootView ? 'own root' : `none: ${can.missing}`,
      services: options.serviceProxy ? permitted.kind : 'not served',
      ...(permitted.reason && { nftables: permitted.reason }),
    });
  }

  async stop(): Promise<void> {
    const kill = (this.options.onStop ?? 'kill') === 'kill';
    if (kill) await this.shutDown();
    this.registration?.stop();
    this.evictions?.stop();
    this.certificate?.stop();
    this.collector?.stop();
    await this.services?.stop(!kill);
    await this.manager?.stop(kill ? STOP_GRACE_MS : undefined);
    const left = kill ? 0 : (this.manager?.allWorkers().filter((each) => each.holds).length ?? 0);
    if (left) this.options.log('pods go on without their agent; the next start takes them over', { pods: left });
    this.context?.volumes.close();
    await this.csi?.stop();
    await this.server?.close();
    await this.runtime?.stop(kill);
    await this.enforcement?.stop(!kill);
    if (kill) await this.context?.network.close();
    if (kill) await this.context?.cgroups?.close();
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
        ...this.lacks,
        ...(this.policy.shuttingDown ? [SHUTTING_DOWN] : []),
        ...(this.enforcement ? [this.enforcement.condition()] : []),
      ],
    };
  }

  private async makeContext(can: Capabilities, facts: NodeFacts, limits: NodeCgroups): Promise<AgentContext> {
    const { options } = this;
    const podsDir = join(options.dataDir, 'pods');
    mkdirSync(podsDir, { recursive: true });
    const client = options.client.as(`system:node:${options.name}`, 'kubelet');
    const logs = new LogStore(join(options.dataDir, 'logs'), () => options.clock.now());
    const source = new ObjectSource(client, options.clock);
    const services = options.informers.informer('services');
    const { runtime, images } = (this.runtime = await this.openRuntime(can, podsDir, logs, source));
    this.csi = new CsiVolumes({
      node: options.name,
      pods: podsDir,
      directory: options.dataDir,
      client,
      clock: options.clock,
      events: options.events,
      log: options.log,
    });
    const network = await openPodNetwork(options, can, facts.address);
    const devices = this.holdsDevices(can, limits);
    if (options.runtime !== 'containerd')
      this.lacks = machineLacks({ can, ownNetwork: network instanceof BridgeNetwork, devices });
    return {
      nodeName: options.name,
      hostIP: facts.address,
      clusterDomain: options.clusterDomain ?? 'cluster.local',
      dnsIP: options.dnsIP,
      podsDir,
      client,
      clock: options.clock,
      random: options.random,
      log: options.log,
      events: options.events,
      runtime,
      images: images.manager,
      logs,
      volumes: new PodVolumes(podsDir, client, source, options.clock, {
        csi: this.csi,
        folders: { data: realpathSync(options.hidden ?? options.dataDir), node: realpathSync(options.dataDir) },
        images: (pod, { reference = '', pullPolicy: policy }) =>
          images.manager.ensure({ pod, image: reference, policy }, AbortSignal.timeout(IMAGE_MS)),
      }),
      source,
      network,
      cgroups: limits.cgroups,
      unenforced: { why: limits.missing, refused: options.limits?.required ?? false },
      services: () => services.list(),
      machine: { ...machineSecurity(), devices },
      allocatable: nodeAllocatable(capacity(facts), options.limits),
      node: () => this.node(),
      policy: () => this.policy,
    };
  }

  /** Whether something keeps containers from the machine's devices; where the agent is not root, the kernel does. */
  private holdsDevices({ root, devicePrograms }: Capabilities, { cgroups }: NodeCgroups): boolean {
    const { devices } = cgroups ?? {};
    return (
      !root || this.options.runtime === 'containerd' || devices === 'list' || (devices === 'program' && devicePrograms)
    );
  }

  private openRuntime(can: Capabilities, podsDir: string, logs: LogStore, source: ObjectSource): Promise<NodeRuntime> {
    const { dataDir, hidden = dataDir, events, clock, log, runtime, images } = this.options;
    const secret = (namespace: string, name: string) => source.secret(namespace, name);
    const directory = join(dataDir, 'images');
    const parts = { dataDir, podsDir, logs, images: { ...images, directory, events, clock, log, secret } };
    return runtime === 'containerd' ? openContainerdRuntime(parts) : openProcessRuntime(parts, can, hidden);
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
      kept: (ids) => this.runtime?.images.records.keep(ids),
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

  private enforce({ network }: AgentContext, permitted: Permitted): PolicyEnforcement | undefined {
    const { name, networkPolicies: informers, dnsIP, clock, log, events } = this.options;
    return informers && enforcePolicies({ nodeName: name, network, permitted, informers, dnsIP, clock, log, events });
  }

  private async startServices(
    context: AgentContext,
    informers: Pick<Informers, 'informer'>,
    { kind }: Permitted,
  ): Promise<void> {
    const { options } = this;
    this.services = openServiceProxy(kind, context.network, {
      nodeName: options.name,
      informers,
      pods: options.informers.informer('pods'),
      nodes: options.informers.informer('nodes'),
      clock: options.clock,
      random: options.random,
      log: options.log,
      events: options.events,
      nodePortAddresses: options.nodePortAddresses,
      servesMachine: options.servesMachine ?? true,
    });
    await this.services.start();
  }
}
