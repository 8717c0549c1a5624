import type { Client } from '../client/contract.ts';
import { createInformers } from '../client/informers.ts';
import { isStatusError } from '../meta/status.ts';
import type { Clock } from '../rules/clock.ts';
import { runControllers } from '../control/loop.ts';
import { managerOf, userOf, type Addon, type Cluster, type ServeContext, type Serving } from './addon.ts';
import { install } from './install.ts';
import type { Lent } from './lent.ts';
import { Machine } from './machine.ts';
import { publish } from './publish.ts';

export interface AddonsOptions {
  addons: readonly Addon[];
  cluster: Cluster;
  /** may write what the add-ons declare, and act as their accounts */
  client: Client;
  clock: Clock;
  random(): number;
  log(message: string, fields?: Record<string, unknown>): void;
  machine?: Machine;
  lent?: Lent;
  certify: ServeContext['certify'];
}

/** Something that runs until it is stopped. */
export interface Running {
  stop(): Promise<void>;
}

/** Installs the add-ons and runs their servers: in every process that has the role of the controllers. */
export function runAddons(options: AddonsOptions): Running {
  const { machine = new Machine(options.clock) } = options;
  const end = new AbortController();
  const running = options.addons.map(async (addon) => {
    const { client, clock, cluster } = options;
    const log = (message: string, fields?: Record<string, unknown>): void =>
      options.log(`add-on ${addon.name}: ${message}`, fields);
    const installing = { client, manager: managerOf(addon), clock, log, signal: end.signal };
    await install([...addon.manifests(cluster), ...addon.roles], installing);
    const serving = await serve(addon, { ...options, log }, machine, end.signal).catch((error: Error) =>
      log('not served', { error: error.message }),
    );
    if (!serving) return;
    await publish(serving, machine, installing);
    await serving.stop();
  });
  return {
    async stop() {
      end.abort();
      await Promise.all(running);
    },
  };
}

/** Undefined where there is no server, or it is stopped before it listens. */
async function serve(
  addon: Addon,
  options: AddonsOptions,
  machine: Machine,
  signal: AbortSignal,
): Promise<Serving | undefined> {
  const { cluster, clock, random, log, certify } = options;
  if (!addon.serve || signal.aborted) return undefined;
  const client = options.client.as(userOf(addon), managerOf(addon));
  const informers = informersOf(addon, options);
  informers.start();
  const stopped = new Promise<undefined>((resolve) => signal.addEventListener('abort', () => resolve(undefined)));
  const starting = addon.serve({ cluster, machine, client, informers, clock, random, log, certify });
  const serving = await Promise.race([starting, stopped]).catch(async (error: unknown) => {
    await informers.stop();
    throw error;
  });
  if (serving) {
    const stop = async (): Promise<void> => {
      await serving.stop();
      await informers.stop();
    };
    return { ...serving, stop };
  }
  starting.then(
    (late) => late.stop(),
    () => undefined,
  );
  await informers.stop();
  return undefined;
}

/** Runs the loops of the add-ons, each as its own account over caches of its own: in the process that leads. */
export function runAddonLoops(options: AddonsOptions): Running & { start(): Promise<void> } {
  const { client, clock, random, log, cluster, lent, machine = new Machine(options.clock) } = options;
  const ends: (() => Promise<void>)[] = [];
  const runs = options.addons.flatMap((addon) => {
    if (!addon.loops) return [];
    const informers = informersOf(addon, options);
    const { account } = addon;
    const manager = managerOf(addon);
    const reconcilers = addon.loops(cluster, {
      machine,
      informers,
      client: client.as(userOf(addon), manager),
      clock,
      random,
      ...(lent && { lent }),
      log: (message, fields) => log(`add-on ${addon.name}: ${message}`, fields),
      atEnd: (work) => void ends.push(work),
    });
    return [
      {
        informers,
        controllers: runControllers({ client, informers, reconcilers, account, manager, clock, random, log }),
      },
    ];
  });
  return {
    async start() {
      await Promise.all(runs.map(({ controllers }) => controllers.start()));
    },
    async stop() {
      await Promise.all(runs.map(({ controllers }) => controllers.stop()));
      await Promise.all(ends.map((end) => end()));
      await Promise.all(runs.map(({ informers }) => informers.stop()));
    },
  };
}

/** ms within which the rights that were just installed are in force everywhere: until then a refusal is no news. */
const RIGHTS_MS = 10_000;

/** Caches of what an add-on's own account may read. */
function informersOf(addon: Addon, { client, clock, random, log }: AddonsOptions) {
  const begun = clock.now();
  return createInformers(client.as(userOf(addon), managerOf(addon)), clock, {
    random,
    fieldSelectors: addon.selects ?? {},
    onError(error, resource) {
      if (isStatusError(error) && error.code === 403 && clock.now() - begun < RIGHTS_MS) return;
      log(`add-on ${addon.name}: watch of ${resource}: ${(error as Error).message}`);
    },
  });
}
