import os from 'node:os';
import path from 'node:path';
import type { Taint } from '../../schema/types.ts';
import { ADDONS } from '../addons/all.ts';
import type { StartNode } from '../addons/lent.ts';
import { runOnNode } from '../addons/run-on-node.ts';
import { createClient } from '../client/client.ts';
import type { Client, Transport } from '../client/contract.ts';
import { createInformers, type Informers } from '../client/informers.ts';
import { createEventRecorder } from '../control/events.ts';
import { isStatusError } from '../meta/status.ts';
import { nodeAddress } from '../nodes/network/node-address.ts';
import { createNode } from '../nodes/node.ts';
import { createSimulatedNodes, type SimulatedNodes } from '../nodes/simulated.ts';
import { systemClock } from '../rules/clock.ts';
import type { LoopSettings, Report } from './loop-settings.ts';
import type { NodeSpec } from './options.ts';
import { readPodManifest } from './pod-manifest.ts';

const NODE_USER = 'system:node:';
/** Who routes to services: a part of its own, of which Kubernetes' roles know (system:node-proxier). */
const PROXY_USER = 'system:kube-proxy';
/** Who holds pods to network policies: it reads the policies, pods and namespaces of the cluster. */
const POLICY_USER = 'system:network-policy';
/** Who reads the pods of simulated nodes, which are too many for a watch each. */
const SIMULATION_USER = 'system:serviceaccount:kube-system:simulated-nodes';

/** ms until an API that did not answer is asked again */
const RETRY_MS = 1000;

/** What the nodes of this process have in common. */
interface Host {
  client: Client;
  /** the node that the connection is, where it is one */
  own: string | undefined;
  settings: LoopSettings;
  log: Report;
}
interface Running {
  stop(): Promise<void>;
}

/**
 * The nodes of this process, each with the rights of a node: over a connection that may act for them, or that is one.
 * @returns what ends them
 */
export async function runNodes(
  transport: Transport,
  settings: LoopSettings,
  log: Report,
): Promise<() => Promise<void>> {
  const self = await userOf(createClient(transport), log);
  const own = self.startsWith(NODE_USER) ? self.slice(NODE_USER.length) : undefined;
  const host: Host = { client: createClient(transport, {}, self), own, settings, log };
  const running: Running[] = [];
  let simulated = 0;
  let real = 0;
  for (const spec of settings.nodes) {
    if (spec.runtime === 'simulated') {
      running.push(await simulate(host, spec, simulated + 1));
      simulated += spec.count;
    } else {
      const name = settings.nodeName ?? own ?? hostName();
      running.push(await runNode(host, placeOf(name, spec.runtime, real++ === 0)));
    }
  }
  return async () => {
    for (const each of running) await each.stop();
  };
}

/** Who the connection's user is, once the API answers. */
async function userOf(client: Client, log: Report): Promise<string> {
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', metadata: {} };
  for (;;) {
    try {
      const { status } = await client.create('selfsubjectreviews.authentication.k8s.io', review);
      return (status as { userInfo?: { username?: string } } | undefined)?.userInfo?.username ?? '';
    } catch (error) {
      if (!isStatusError(error, 'ServiceUnavailable')) throw error;
      log('the API cannot be asked who the nodes are', { error: error.message });
      await new Promise((resolve) => systemClock.setTimeout(() => resolve(undefined), RETRY_MS));
    }
  }
}

const hostName = (): string =>
  os
    .hostname()
    .toLowerCase()
    .replace(/[^a-z0-9.-]/g, '-');

const informersOf = (client: Client, log: Report, fieldSelectors: Record<string, string> = {}): Informers =>
  createInformers(client, systemClock, {
    onError: (error, resource) => log(`watch of ${resource}: ${(error as Error).message}`),
    fieldSelectors,
  });

/** Where the kubelets of simulated nodes answer. */
const kubeletOf = ({ ca, nodeIP }: LoopSettings) => ({ ca, address: nodeIP ?? nodeAddress() });

/** Simulated nodes of groups have addresses of their own: beyond those of the nodes of the command line. */
const FIRST_OF_GROUPS = 1 << 19;

/**
 * Starts nodes on demand: simulated ones share their caches, and a process node has its folder among those of the data.
 * @param transport of a connection that may act for nodes
 */
export function nodeStarter(transport: Transport, settings: LoopSettings, log: Report): StartNode {
  const host: Host = { client: createClient(transport), own: undefined, settings, log };
  let simulation: Promise<SimulatedNodes> | undefined;
  const simulated = async (): Promise<SimulatedNodes> => {
    const informers = informersOf(host.client.as(SIMULATION_USER, 'simulated-nodes'), log);
    const nodes = createSimulatedNodes({
      count: 0,
      first: FIRST_OF_GROUPS,
      kubelet: kubeletOf(settings),
      client: host.client,
      informers,
      clock: systemClock,
      random: Math.random,
      log,
    });
    await nodes.start();
    informers.start();
    return nodes;
  };
  return async ({ name, runtime, capacity, zone, labels, taints }) => {
    if (runtime === 'process')
      return runNode(host, { name, runtime, folder: path.join('nodes', name), first: false, labels, taints });
    simulation ??= simulated().catch((error: unknown) => {
      simulation = undefined;
      throw error;
    });
    const nodes = await simulation;
    await nodes.add({ name, capacity, zone, labels, taints });
    return { stop: () => Promise.resolve(nodes.remove(name)) };
  };
}

async function simulate(
  { client, settings, log }: Host,
  { count, cpu, memory, pods, zones, failures }: Extract<NodeSpec, { runtime: 'simulated' }>,
  first: number,
): Promise<Running> {
  const informers = informersOf(client.as(SIMULATION_USER, 'simulated-nodes'), log);
  const letter = (n: number): string => `${String.fromCharCode(97 + (n % 26))}${n >= 26 ? Math.floor(n / 26) : ''}`;
  const nodes = createSimulatedNodes({
    count,
    cpu,
    memory,
    pods: String(pods),
    failures,
    zones: Array.from({ length: zones }, (_, n) => `zone-${letter(n)}`),
    first,
    kubelet: kubeletOf(settings),
    client,
    informers,
    clock: systemClock,
    random: Math.random,
    log,
  });
  await nodes.start();
  informers.start();
  return {
    async stop() {
      await nodes.stop();
      await informers.stop();
    },
  };
}

/** One node of this machine among those of this process. */
interface Place {
  name: string;
  runtime: 'process' | 'containerd';
  /** below the data folder */
  folder: string;
  /** it serves the machine's Services, and runs the add-ons that are on each machine */
  first: boolean;
  labels?: Readonly<Record<string, string>>;
  taints?: readonly Taint[];
}
const placeOf = (name: string, runtime: Place['runtime'], first: boolean): Place =>
  first
    ? { name, runtime, folder: 'node', first }
    : { name: `${name}-${runtime}`, runtime, folder: `node-${runtime}`, first };

async function runNode(
  { client, own, settings, log }: Host,
  { name, runtime, folder, first, labels, taints }: Place,
): Promise<Running> {
  const { manifestPath } = settings.nodeLimits;
  const kubelet = client.as(`${NODE_USER}${name}`, 'kubelet');
  const informers = informersOf(kubelet, log, { nodes: `metadata.name=${name}`, pods: `spec.nodeName=${name}` });
  // a node's credential acts for nobody else: it is given the proxy's role, or serves no Services
  const proxy = informersOf(own === undefined ? client.as(PROXY_USER, 'kube-proxy') : kubelet, log);
  const policies = informersOf(own === undefined ? client.as(POLICY_USER, 'network-policy') : kubelet, log);
  const node = createNode({
    name,
    client,
    informers,
    clock: systemClock,
    random: Math.random,
    log,
    events: createEventRecorder({ client: kubelet, component: 'kubelet', instance: name, clock: systemClock, log }),
    runtime,
    dataDir: path.join(settings.data, folder),
    hidden: settings.data,
    logsCollected: first && settings.addons.includes('logs'),
    maxPods: settings.nodeLimits.maxPods,
    allowedUnsafeSysctls: settings.nodeLimits.allowedUnsafeSysctls,
    shutdown: settings.nodeLimits.shutdown,
    // on a machine with several nodes, the first has what is the machine's
    ...(first && manifestPath !== undefined && { manifests: { path: manifestPath, read: readPodManifest } }),
    ...(labels && { labels }),
    ...(taints && { taints }),
    ...(settings.nodeIP && { address: settings.nodeIP }),
    serviceProxyMode: settings.serviceProxy,
    onStop: settings.podsOnStop === 'end' ? 'kill' : 'leave',
    ca: settings.ca,
    images: settings.images,
    limits: settings.limits,
    dnsIP: settings.cluster.dnsIP,
    clusterDomain: settings.cluster.domain,
    serviceProxy: proxy,
    servesMachine: first,
    networkPolicies: policies,
  });
  informers.start();
  proxy.start();
  policies.start();
  await node.start();
  const addons = await runOnNode({
    addons: (first ? settings.addons : []).map((each) => ADDONS[each]).filter((addon) => addon !== undefined),
    client,
    // as with the proxy: a node's credential is given the roles of the add-ons, or does without them
    asItself: own !== undefined,
    clock: systemClock,
    random: Math.random,
    log,
    node: name,
    directory: path.join(settings.data, folder),
  });
  return {
    async stop() {
      await node.stop();
      await addons.stop();
      await informers.stop();
      await proxy.stop();
      await policies.stop();
    },
  };
}
