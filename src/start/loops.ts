import { NAMESPACE } from '../addons/addon.ts';
import { ADDONS } from '../addons/all.ts';
import type { Lent } from '../addons/lent.ts';
import { runAddonLoops, runAddons, type AddonsOptions } from '../addons/run.ts';
import { createClient } from '../client/client.ts';
import type { Client, Transport } from '../client/contract.ts';
import { createInformers, type Informers } from '../client/informers.ts';
import { systemClock } from '../rules/clock.ts';
import { createLeader } from '../control/leader.ts';
import { runControllers } from '../control/loop.ts';
import { allReconcilers } from '../reconcilers/all.ts';
import { SupposedCluster } from '../scheduler/supposed-cluster.ts';
import { createScheduler } from '../scheduler/scheduler.ts';
import { makeCertificate } from './certificates.ts';
import { LoopMetrics } from './loop-metrics.ts';
import { policyChecker } from './policy-checker.ts';
import { nodeStarter, runNodes } from './nodes.ts';
import type { LoopSettings, Report } from './loop-settings.ts';

export interface RunningLoops {
  /** their numbers, as lines of an exposition */
  metrics(): string[];
  stop(): Promise<void>;
}

/** Controllers, scheduler and nodes over one connection, each with informers of its own rights. Resolves when all have started. */
export async function runLoops(settings: LoopSettings, plain: Transport, report: Report): Promise<RunningLoops> {
  const metrics = new LoopMetrics();
  const transport = metrics.measured(plain, settings.server);
  const client = createClient(transport);
  const { identity } = settings;
  const stops: (() => Promise<void>)[] = [];
  const ends: (() => Promise<void>)[] = [];
  if (settings.roles.includes('controllers')) {
    const addons = addonsOf(client, settings, report, {
      startNode: nodeStarter(transport, settings, report),
      placement: (informer, nodes, pods) => new SupposedCluster(informer, nodes, pods),
    });
    stops.push(controllers(client, settings, addons, identity, report, metrics));
    const running = runAddons(addons);
    ends.push(() => running.stop());
  }
  if (settings.roles.includes('scheduler')) stops.push(scheduler(client, identity, report, metrics));
  if (settings.roles.includes('nodes')) stops.push(await runNodes(transport, settings, report));
  return {
    metrics: () => metrics.lines(),
    async stop() {
      // Nodes last of the three: pods that end are still reported while controllers no longer replace them.
      for (const stop of stops) await stop();
      // What pods may ask for goes on until they have ended.
      for (const end of ends) await end();
      await transport.close();
    },
  };
}

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

const addonsOf = (client: Client, { addons, cluster }: LoopSettings, log: Report, lent: Lent): AddonsOptions => ({
  lent,
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
  metrics: LoopMetrics,
): () => Promise<void> {
  return whileLeading(client, 'kube-controller-manager', identity, log, (informers) => {
    const { ca, legacyTokenCleanUp, autoscalerPeriod, nodeCidrs, nodePortRange, optionalVersions } = settings;
    const reconcilers = Object.values(
      allReconcilers({
        ...(ca && { ca }),
        ...(legacyTokenCleanUp !== undefined && { legacyTokenCleanUp }),
        ...(autoscalerPeriod !== undefined && { autoscalerPeriod }),
        optionalVersions,
        nodePortRange,
        ...(nodeCidrs && { nodeCidrs }),
        policyWarnings: policyChecker(optionalVersions),
      }),
    );
    const own = runControllers({
      client,
      informers,
      reconcilers,
      clock: systemClock,
      random: Math.random,
      log,
      metrics: (name) => metrics.queue(name),
    });
    const others = runAddonLoops(addons);
    return {
      start: async () => void (await Promise.all([own.start(), others.start()])),
      stop: async () => void (await Promise.all([own.stop(), others.stop()])),
    };
  });
}

function scheduler(client: Client, identity: string, log: Report, metrics: LoopMetrics): () => Promise<void> {
  return whileLeading(client, 'kube-scheduler', identity, log, (informers) => {
    const settings = { client, informers, clock: systemClock, random: Math.random, log, metrics: metrics.scheduler };
    const running = createScheduler(settings);
    metrics.refresh = () => running.countPending();
    return running;
  });
}
