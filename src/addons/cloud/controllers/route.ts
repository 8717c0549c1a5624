import type { Node, NodeCondition } from '../../../../schema/types.ts';
import { unlessGone } from '../../../control/conflict.ts';
import type { Context, Reconciler } from '../../../control/contract.ts';
import { errorMessage } from '../../../meta/error-message.ts';
import { isInRange, parseRange, type Range } from '../../../meta/address.ts';
import { formatTime } from '../../../meta/time.ts';
import type { Route, Routes } from '../provider.ts';
import { aboutNode } from '../subjects.ts';

/** ms between looks at all routes (--route-reconciliation-period) */
const PERIOD = 10_000;
/** The one key: routes are compared as a whole. */
const ALL = 'routes';

/**
 * Gives the cloud a route for each range of pods of each node, takes away those that no node has any more, and says in
 * the node's condition NetworkUnavailable whether it has its own. Source: k8s.io/cloud-provider/controllers/route.
 * @param ranges of all pods: routes elsewhere are somebody else's
 */
export function routeController(routes: Routes, ranges: readonly string[]): Reconciler {
  const own = ranges.flatMap((range) => parseRange(range) ?? []);
  return {
    name: 'route',
    source: 'route_controller',
    watches: [
      {
        resource: 'nodes',
        keys: (node, old) => (node && old && String(node.spec?.podCIDRs) === String(old.spec?.podCIDRs) ? [] : [ALL]),
      },
    ],
    start: (ctx) => ctx.enqueueAfter(ALL, 0),
    async reconcile(_, ctx) {
      await compare(routes, own, ctx);
      return { requeueAfter: PERIOD };
    },
  };
}

async function compare(routes: Routes, own: readonly Range[], ctx: Context): Promise<void> {
  const nodes = ctx.informer('nodes').list();
  const cidrsOf = new Map(nodes.map(({ metadata, spec }) => [metadata.name, spec?.podCIDRs ?? []]));
  const there = new Set<string>();
  for (const route of await routes.list()) {
    const isWanted = !route.blackhole && cidrsOf.get(route.targetNode)?.includes(route.destinationCIDR);
    if (isWanted) there.add(nameOf(route));
    else if (isOwn(route, own))
      await routes
        .delete(route)
        .catch((error: unknown) =>
          ctx.log('a route could not be deleted', { route: nameOf(route), error: errorMessage(error) }),
        );
  }
  for (const node of nodes) {
    const cidrs = cidrsOf.get(node.metadata.name) ?? [];
    let isDone = cidrs.length > 0;
    for (const destinationCIDR of cidrs) {
      const route = { targetNode: node.metadata.name, destinationCIDR };
      if (!there.has(nameOf(route)) && !(await create(routes, route, node, ctx))) isDone = false;
    }
    // A node without a range of its own has no routes to wait for until it is given one.
    if (cidrs.length) await setCondition(node, isDone, ctx);
  }
}

const nameOf = ({ targetNode, destinationCIDR }: Route): string => `${targetNode} ${destinationCIDR}`;

/** Its first or its last address is a pod's. */
function isOwn({ destinationCIDR }: Route, own: readonly Range[]): boolean {
  const range = parseRange(destinationCIDR);
  if (!range) return false;
  const { network, prefix } = range;
  const last = network.bytes.map((byte, i) => byte | (0xff >> Math.min(8, Math.max(0, prefix - 8 * i))));
  const ends = [network, { family: network.family, bytes: last }];
  return own.some((each) => ends.some((address) => isInRange(address, each)));
}

async function create(routes: Routes, route: Route, node: Node, ctx: Context): Promise<boolean> {
  const { name, uid } = node.metadata;
  const begun = ctx.clock.now();
  try {
    await routes.create(route, uid);
    return true;
  } catch (error) {
    const after = `${(ctx.clock.now() - begun) / 1000}s`;
    const what = `Could not create route ${uid} ${route.destinationCIDR} for node ${name} after ${after}`;
    ctx.events.event(aboutNode(node), 'Warning', 'FailedToCreateRoute', `${what}: ${errorMessage(error)}`);
    return false;
  }
}

async function setCondition(node: Node, isDone: boolean, ctx: Context): Promise<void> {
  const status = isDone ? 'False' : 'True';
  const current = node.status?.conditions?.find(({ type }) => type === 'NetworkUnavailable');
  if (current?.status === status) return;
  const now = formatTime(ctx.clock.now());
  const condition: NodeCondition = {
    type: 'NetworkUnavailable',
    status,
    reason: isDone ? 'RouteCreated' : 'NoRouteCreated',
    message: isDone ? 'RouteController created a route' : 'RouteController failed to create a route',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  };
  const patch = { status: { conditions: [condition] } };
  const how = { type: 'strategic', subresource: 'status' } as const;
  await unlessGone(ctx.client.patch('nodes', '', node.metadata.name, patch, how));
}
