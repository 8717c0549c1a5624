import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeCgroups } from './cgroups/node-cgroups.ts';
import type { NodeOptions } from './contract.ts';
import { ClaimDevices } from './devices/pod-devices.ts';
import { LogStore } from './logs/log-store.ts';
import { machineLacks } from './machine-lacks.ts';
import { BridgeNetwork } from './network/bridge-network.ts';
import { openPodNetwork } from './network/open-pod-network.ts';
import { nodeAllocatable } from './node-allocatable.ts';
import { capacity, type NodeFact, type NodeFacts } from './node-object.ts';
import type { AgentContext } from './pods/agent-context.ts';
import { machineSecurity } from './pods/machine-security.ts';
import { ObjectSource } from './pods/object-source.ts';
import { openContainerdRuntime, openProcessRuntime, type NodeRuntime } from './runtimes/open-runtime.ts';
import type { Capabilities } from './runtimes/process/capabilities.ts';
import { CsiVolumes } from './volumes/csi/csi-volumes.ts';
import { PodVolumes } from './volumes/pod-volumes.ts';

/** How long one attempt to have the image of a volume may take, ms. */
const IMAGE_MS = 10 * 60_000;

/** What an agent is made of, before it runs. */
export interface AgentParts {
  context: AgentContext;
  runtime: NodeRuntime;
  csi: CsiVolumes;
  /** what the machine cannot give, as conditions of the Node */
  lacks: readonly NodeFact[];
}

/** Opens what is on the machine for a node: its runtime, images, logs, volumes and network. @throws Error */
export async function openAgentParts(
  options: NodeOptions,
  machine: { can: Capabilities; limits: NodeCgroups; facts: NodeFacts },
  now: Pick<AgentContext, 'node' | 'policy'>,
): Promise<AgentParts> {
  const { name, dataDir, informers, clock, random, log, events } = options;
  const { can, limits, facts } = machine;
  const podsDir = join(dataDir, 'pods');
  mkdirSync(podsDir, { recursive: true });
  const client = options.client.as(`system:node:${name}`, 'kubelet');
  const logs = new LogStore(join(dataDir, 'logs'), () => clock.now(), options.logsCollected);
  const source = new ObjectSource(client, clock);
  const services = informers.informer('services');
  const runtime = await openRuntime(options, machine, podsDir, logs, source);
  const { manager: images } = runtime.images;
  const csi = new CsiVolumes({ node: name, pods: podsDir, directory: dataDir, client, clock, events, log });
  const network = await openPodNetwork(options, can, facts.address);
  const devices = options.runtime === 'containerd' || holdsDevices(can, limits);
  const ownNetwork = network instanceof BridgeNetwork;
  const context: AgentContext = {
    nodeName: name,
    hostIP: facts.address,
    clusterDomain: options.clusterDomain ?? 'cluster.local',
    dnsIP: options.dnsIP,
    podsDir,
    client,
    clock,
    random,
    log,
    events,
    runtime: runtime.runtime,
    images,
    logs,
    volumes: new PodVolumes(podsDir, client, source, clock, {
      csi,
      folders: { data: realpathSync(options.hidden ?? dataDir), node: realpathSync(dataDir) },
      images: (pod, { reference = '', pullPolicy: policy }) =>
        images.ensure({ pod, image: reference, policy }, AbortSignal.timeout(IMAGE_MS)),
    }),
    devices: new ClaimDevices(join(dataDir, 'claims'), client, csi.registry),
    source,
    network,
    cgroups: limits.cgroups,
    unenforced: { why: limits.missing, refused: options.limits?.required ?? false },
    services: () => services.list(),
    machine: { ...machineSecurity(), devices },
    allocatable: nodeAllocatable(capacity(facts), options.limits),
    ...now,
  };
  return {
    context,
    runtime,
    csi,
    lacks: options.runtime === 'containerd' ? [] : machineLacks({ can, ownNetwork, devices }),
  };
}

/** Whether something keeps containers from the machine's devices; where the agent is not root, the kernel does. */
function holdsDevices({ root, devicePrograms }: Capabilities, { cgroups }: NodeCgroups): boolean {
  const { devices } = cgroups ?? {};
  return !root || devices === 'list' || (devices === 'program' && devicePrograms);
}

function openRuntime(
  { dataDir, hidden = dataDir, events, clock, log, runtime, images }: NodeOptions,
  { can, limits }: { can: Capabilities; limits: NodeCgroups },
  podsDir: string,
  logs: LogStore,
  source: ObjectSource,
): Promise<NodeRuntime> {
  const secret = (namespace: string, name: string) => source.secret(namespace, name);
  const directory = join(dataDir, 'images');
  const { podPids } = limits;
  const parts = { dataDir, podsDir, podPids, logs, images: { ...images, directory, events, clock, log, secret } };
  return runtime === 'containerd' ? openContainerdRuntime(parts) : openProcessRuntime(parts, can, hidden);
}
