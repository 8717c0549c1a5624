import { randomUUID } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { NAMESPACE, type Cluster } from '../addons/addon.ts';
import { ADDONS } from '../addons/all.ts';
import { runAddonLoops, runAddons, type AddonsOptions } from '../addons/run.ts';
import { createClient } from '../client/client.ts';
import type { Client, Transport } from '../client/contract.ts';
import { createInformers, type Informers } from '../client/informers.ts';
import { systemClock } from '../rules/clock.ts';
import { createEventRecorder } from '../control/events.ts';
import { createLeader } from '../control/leader.ts';
import { runControllers } from '../control/loop.ts';
import { createNode } from '../nodes/node.ts';
import { createSimulatedNodes } from '../nodes/simulated.ts';
import { allReconcilers } from '../reconcilers/all.ts';
import { createScheduler } from '../scheduler/scheduler.ts';
import { makeCertificate } from './certificates.ts';
import type { NodeSpec, Options, Role } from './options.ts';

/** What crosses to a worker thread. */
export interface LoopSettings {
  roles: Role[];
  data: string;
  nodes: NodeSpec[];
  nodeName: string | undefined;
  /** PEM of the cluster's CA */
  ca: string;
  /** names of add-ons */
  addons: string[];
  /** what nodes and add-ons know of the cluster */
  cluster: Cluster;
}
export interface RunningLoops {
  stop(): Promise<void>;
}
type Log = (line: string) => void;

export const loopSettings = (options: Options, ca: string): LoopSettings => ({
  roles: [...options.roles].filter((r) => r !== 'api'),
  data: options.data,
  nodes: options.nodes,
  nodeName: options.nodeName,
  ca,
  addons: options.addons,
  cluster: { dnsIP: options.serviceCidr.replace(/(?<!\d)\d+\/\d+$/, '10'), domain: 'cluster.local' },
});

/** Controllers, scheduler and nodes over one connection and one set of informers. Resolves when all have started. */
export async function runLoops(settings: LoopSettings, transport: Transport, log: Log): Promise<RunningLoops> {
  const client = createClient(transport);
  const report = (message: string, fields?: Record<string, unknown>) =>
    log(fields ? `${message} ${JSON.stringify(fields)}` : message);
  const informers = createInformers(client, systemClock, {
    onError: (error, resource) => log(`watch of ${resource}: ${(error as Error).message}`),
  });
  const identity = `${os.hostname()}_${randomUUID()}`;
  const stops: (() => Promise<void>)[] = [];
  const ends: (() => Promise<void>)[] = [];
  if (settings.roles.includes('controllers')) {
    const addons = addonsOf(client, settings, report);
    stops.push(controllers(client, settings, addons, identity, report));
    const running = runAddons(addons);
    ends.push(() => running.stop());
  }
  if (settings.roles.includes('scheduler')) stops.push(scheduler(client, identity, report));
  if (settings.roles.includes('nodes')) stops.push(await nodes(client, informers, settings, report));
  return {
    async stop() {
      // Nodes last of the three: pods that end are still reported while controllers no longer replace them.
      for (const stop of stops) await stop();
      // What pods may ask for goes on until they have ended.
      for (const end of ends) await end();
      await informers.stop();
      await transport.close();
    },
  };
}

type Report = (message: string, fields?: Record<string, unknown>) => void;
interface Loop {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Runs what `make` makes while this process leads; made anew each time, with caches of its own, so no state survives a lost lease. */
function whileLeading(
  client: Client,
  name: string,
  identity: string,
  report: Report,
  make: (informers: Informers) => Loop,
): () => Promise<void> {
  let running: { informers: Informers; loop: Loop } | undefined;
  const end = async () => {
    const ended = running;
    running = undefined;
    await ended?.loop.stop();
    await ended?.informers.stop();
  };
  const leader = createLeader({
    client: client.as(`system:${name}`, name),
    clock: systemClock,
    random: Math.random,
    name,
    namespace: 'kube-system',
    identity,
    log: report,
    onStarted() {
      const informers = createInformers(client.as(`system:${name}`, name), systemClock, {
        onError: (error, resource) => report(`${name}: watch of ${resource}: ${(error as Error).message}`),
      });
      running = { informers, loop: make(informers) };
      running.loop.start().catch((error: Error) => report(`${name}: ${error.message}`));
    },
    onStopped() {
      void end().catch((error: Error) => report(`${name}: ${error.message}`));
    },
  });
  leader.start();
  return async () => {
    await end();
    await leader.stop();
  };
}

const addonsOf = (client: Client, { addons, cluster }: LoopSettings, log: Report): AddonsOptions => ({
  addons: addons.map((name) => ADDONS[name]).filter((addon) => addon !== undefined),
  cluster,
  client,
  clock: systemClock,
  random: Math.random,
  log,
  async certify(service) {
    const host = `${service}.${NAMESPACE}.svc`;
    const { data } = await client.get('configmaps', NAMESPACE, 'extension-apiserver-authentication');
    const serving = await makeCertificate({ commonName: host }, undefined, [host]);
    return { ...serving, clientCA: data?.['requestheader-client-ca-file'] ?? '' };
  },
});

/** The controllers of Kubernetes, and those of the add-ons beside them. */
function controllers(
  client: Client,
  settings: LoopSettings,
  addons: AddonsOptions,
  identity: string,
  log: Report,
): () => Promise<void> {
  return whileLeading(client, 'kube-controller-manager', identity, log, (informers) => {
    const reconcilers = Object.values(allReconcilers(settings.ca ? { ca: settings.ca } : {}));
    const own = runControllers({ client, informers, reconcilers, clock: systemClock, random: Math.random, log });
    const others = runAddonLoops(addons);
    return {
      start: async () => void (await Promise.all([own.start(), others.start()])),
      stop: async () => void (await Promise.all([own.stop(), others.stop()])),
    };
  });
}

function scheduler(client: Client, identity: string, log: Report): () => Promise<void> {
  return whileLeading(client, 'kube-scheduler', identity, log, (informers) =>
    createScheduler({ client, informers, clock: systemClock, random: Math.random, log }),
  );
}

async function nodes(
  client: Client,
  informers: Informers,
  settings: LoopSettings,
  log: Report,
): Promise<() => Promise<void>> {
  const stops: (() => Promise<void>)[] = [];
  let simulated = 0;
  for (const spec of settings.nodes) {
    if (spec.runtime === 'simulated') {
      const run = createSimulatedNodes({
        count: spec.count,
        cpu: spec.cpu,
        memory: spec.memory,
        pods: String(spec.pods),
        zones: Array.from(
          { length: spec.zones },
          (_, n) => `zone-${String.fromCharCode(97 + (n % 26))}${n >= 26 ? Math.floor(n / 26) : ''}`,
        ),
        first: simulated + 1,
        client,
        informers,
        clock: systemClock,
        random: Math.random,
        log,
      });
      simulated += spec.count;
      await run.start();
      stops.push(() => run.stop());
      continue;
    }
    const name =
      settings.nodeName ??
      os
        .hostname()
        .toLowerCase()
        .replace(/[^a-z0-9.-]/g, '-');
    const node = createNode({
      name,
      client,
      informers,
      clock: systemClock,
      random: Math.random,
      log,
      events: createEventRecorder({
        client: client.as(`system:node:${name}`, 'kubelet'),
        component: 'kubelet',
        instance: name,
        clock: systemClock,
        log,
      }),
      dataDir: path.join(settings.data, 'node'),
      hidden: settings.data,
      ca: settings.ca,
      dnsIP: settings.cluster.dnsIP,
      clusterDomain: settings.cluster.domain,
      serviceProxy: true,
    });
    informers.start();
    await node.start();
    stops.push(() => node.stop());
  }
  informers.start();
  return async () => {
    for (const stop of stops) await stop();
  };
}
