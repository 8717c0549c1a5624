import type { Context, Reconciler } from '../../../control/contract.ts';
import { semanticEqual } from '../../../control/equal.ts';
import type { ObjectLike } from '../../../meta/object.ts';
import { isStatusError } from '../../../meta/status.ts';
import { formatTime } from '../../../meta/time.ts';
import { endpointsOf } from '../../../rules/service-slices.ts';
import { NAMESPACE } from '../../addon.ts';
import { answers } from '../../answers.ts';
import { ACCOUNT, CLASS, SERVICE } from '../manifests.ts';
import { isOurs, resolve, type Resolved } from './resolve.ts';
import { conditionsOf, FEATURES, gatewayStatus, routeStatus } from './statuses.ts';
import { CONTROLLER, GROUP, RESOURCES } from './types.ts';
import { World } from './world.ts';

const SLICES = 'endpointslices.discovery.k8s.io';
/** All Gateways are one key: what one says may depend on any other. */
const ALL = 'all';
/** Between a change and what is written, ms: the changes of one moment are one. */
const SOON_MS = 50;
/** Until a port that nobody serves yet is looked at again, ms. */
const LOOK_MS = 1000;

/** Says in each GatewayClass, Gateway and route of this controller what has become of it. Makes the class `ku7s`. */
export function gatewayLoop(isServed: typeof answers = answers): Reconciler {
  let world: World | undefined;
  const soon = (): string[] => [ALL];
  return {
    name: 'gateway',
    account: ACCOUNT,
    source: 'gateway-controller',
    workers: 1,
    watches: [
      { resource: 'namespaces', keys: soon },
      { resource: 'services', keys: (now, old) => (now && old ? [] : [ALL]) },
      { resource: 'secrets', keys: soon },
      { resource: SLICES, keys: (now, old) => ((now ?? old)?.metadata.name === SERVICE ? [ALL] : []) },
    ],
    start(ctx) {
      world?.stop();
      const made = new World(ctx, () => ctx.enqueueAfter(ALL, SOON_MS));
      world = made;
      ctx.signal.addEventListener('abort', () => made.stop());
    },
    async reconcile(_, ctx) {
      if (!world?.has('classes') || !world.has('gateways')) return;
      const resolved = resolve(world);
      await writeClasses(world, ctx);
      const isWaiting = await writeGateways(resolved, ctx, isServed);
      await writeRoutes(resolved, ctx);
      return isWaiting ? { requeueAfter: LOOK_MS } : undefined;
    },
  };
}

async function writeClasses(world: World, ctx: Context): Promise<void> {
  const all = world.list('classes');
  if (!all.some(({ metadata }) => metadata.name === CLASS)) {
    const made = {
      apiVersion: `${GROUP}/v1`,
      kind: 'GatewayClass',
      metadata: { name: CLASS },
      spec: { controllerName: CONTROLLER },
    };
    await ctx.client.create(RESOURCES.classes, made).catch((error: unknown) => {
      if (!isStatusError(error, 'AlreadyExists')) throw error;
    });
  }
  for (const one of all.filter(isOurs)) {
    const accepted = { type: 'Accepted', status: 'True', reason: 'Accepted', message: '' } as const;
    const conditions = conditionsOf([accepted], one.status?.conditions, one.metadata.generation, nowOf(ctx));
    await write(RESOURCES.classes, one, { conditions, supportedFeatures: FEATURES.map((name) => ({ name })) }, ctx);
  }
}

/** @returns whether a port is not served yet */
async function writeGateways(resolved: Resolved, ctx: Context, isServed: typeof answers): Promise<boolean> {
  const slice = ctx.informer(SLICES).get(NAMESPACE, SERVICE);
  const address = slice && endpointsOf(slice)[0]?.addresses[0];
  const served = new Set([80, 443]);
  for (const port of resolved.ports.keys())
    if (address && !served.has(port) && (await isServed(address, port))) served.add(port);
  for (const gateway of resolved.gateways) {
    const status = gatewayStatus(gateway, resolved, address, (port) => served.has(port), nowOf(ctx));
    await write(RESOURCES.gateways, gateway, status, ctx);
  }
  return address !== undefined && [...resolved.ports.keys()].some((port) => !served.has(port));
}

async function writeRoutes({ routes }: Resolved, ctx: Context): Promise<void> {
  for (const state of routes) await write(RESOURCES[state.kind], state.route, routeStatus(state, nowOf(ctx)), ctx);
}

async function write(
  resource: string,
  object: ObjectLike & { status?: unknown },
  status: object,
  ctx: Context,
): Promise<void> {
  if (semanticEqual(object.status ?? {}, status)) return;
  const { namespace = '', name } = object.metadata;
  await ctx.client
    .patch(resource, namespace, name, { status }, { type: 'merge', subresource: 'status' })
    .catch((error: unknown) => {
      // it is gone, or somebody else has written it, of which another change tells
      if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Conflict')) throw error;
    });
}

const nowOf = ({ clock }: Context): string => formatTime(clock.now());
