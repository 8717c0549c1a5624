import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInformers } from '../client/informers.ts';
import { runControllers, type Controllers } from '../control/loop.ts';
import { whileDefined, type Part } from '../control/while-defined.ts';
import type { Reconciler } from '../control/contract.ts';
import { managerOf, userOf, type Addon } from './addon.ts';
import type { AddonsOptions, Running } from './run.ts';

export interface NodeAddonsOptions extends Pick<AddonsOptions, 'addons' | 'client' | 'clock' | 'random' | 'log'> {
  node: string;
  /** folder of the node; each add-on has one of its name in it */
  directory: string;
  /** the connection is the node's, which acts for no account: what it may not do itself is not done */
  asItself: boolean;
}

/** Runs what the add-ons have for a node, each as its own account over caches of its own. */
export async function runOnNode(options: NodeAddonsOptions): Promise<Running> {
  const running = await Promise.all(
    options.addons.flatMap((addon) => (addon.onNode ? [runPart(addon, addon.onNode, options)] : [])),
  );
  return {
    async stop() {
      await Promise.all(running.map((each) => each.stop()));
    },
  };
}

async function runPart(
  addon: Addon,
  onNode: NonNullable<Addon['onNode']>,
  options: NodeAddonsOptions,
): Promise<Running> {
  const { clock, random, node } = options;
  const log = (message: string, fields?: Record<string, unknown>): void =>
    options.log(`add-on ${addon.name}: ${message}`, fields);
  const directory = join(options.directory, addon.name);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const part = onNode({ node, directory, logs: join(options.directory, 'logs') });
  const manager = managerOf(addon);
  const asItself = options.asItself || part.asNode === true;
  // over a connection that is the node's, that is as whom it acts anyway
  const client = part.asNode ? options.client.as(`system:node:${node}`, manager) : options.client;
  const reader = asItself ? client : client.as(userOf(addon), manager);
  const caches = () =>
    createInformers(reader, clock, {
      random,
      onError: (error, resource) => log(`watch of ${resource}: ${(error as Error).message}`),
    });
  const run = (reconcilers: readonly Reconciler[]): Part => {
    const informers = caches();
    const { account } = addon;
    const settings = { client, informers, reconcilers, account, asItself, manager, clock, random, log };
    const controllers: Controllers = runControllers(settings);
    return {
      start: () => controllers.start(),
      async stop() {
        await controllers.stop();
        await informers.stop();
      },
    };
  };
  const parts = [run(part.loops)];
  const custom = part.whileDefined;
  const definitions = custom && caches();
  if (custom && definitions) {
    const informer = definitions.informer('customresourcedefinitions.apiextensions.k8s.io');
    parts.push(whileDefined(informer, custom.resources, () => run(custom.loops)));
    definitions.start();
  }
  // Caches fill when the roles of the account are there: nothing waits for that.
  for (const each of parts) each.start().catch((error: Error) => log(error.message));
  return {
    async stop() {
      await Promise.all(parts.map((each) => each.stop()));
      await definitions?.stop();
      await part.stop?.();
    },
  };
}
