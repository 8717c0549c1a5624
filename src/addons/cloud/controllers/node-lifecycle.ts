import type { Node, Taint } from '../../../../schema/types.ts';
import { unlessGone } from '../../../control/conflict.ts';
import type { Context, Reconciler } from '../../../control/contract.ts';
import { errorMessage } from '../../../meta/error-message.ts';
import { isNodeReady } from '../../../rules/nodes.ts';
import type { Instances } from '../provider.ts';
import { aboutNode } from '../subjects.ts';
import { writeTaints } from '../write-taints.ts';

/** On a node whose machine is there and does not run. */
export const SHUTDOWN = 'node.cloudprovider.kubernetes.io/shutdown';
/** ms between looks at one node (--node-monitor-period) */
const PERIOD = 5_000;

/**
 * Deletes nodes whose machine is no longer there, and taints those whose machine is shut down. One that is ready is
 * not asked about. Source: k8s.io/cloud-provider/controllers/nodelifecycle.
 */
export function cloudNodeLifecycleController(instances: Instances): Reconciler {
  return {
    name: 'cloud-node-lifecycle',
    source: 'cloud-node-lifecycle-controller',
    watches: [{ resource: 'nodes', keys: (node, old) => (node && !old ? [node.metadata.name] : []) }],
    async reconcile(name, ctx) {
      const node = ctx.informer('nodes').get('', name);
      if (!node) return undefined;
      if (isNodeReady(node)) await untaint(node, ctx);
      else if (!(await instances.exists(node))) await remove(node, ctx);
      else if (await instances.isShutdown(node)) await taint(node, ctx);
      return { requeueAfter: PERIOD };
    },
  };
}

const isShutdown = ({ key, effect }: Taint): boolean => key === SHUTDOWN && effect === 'NoSchedule';

async function taint(node: Node, ctx: Context): Promise<void> {
  const taints = node.spec?.taints ?? [];
  if (!taints.some(isShutdown)) await writeTaints(node, [...taints, { key: SHUTDOWN, effect: 'NoSchedule' }], ctx);
}

async function untaint(node: Node, ctx: Context): Promise<void> {
  const taints = node.spec?.taints ?? [];
  const others = taints.filter((each) => !isShutdown(each));
  if (others.length < taints.length) await writeTaints(node, others, ctx);
}

async function remove(node: Node, ctx: Context): Promise<void> {
  const { name, uid } = node.metadata;
  const about = aboutNode(node);
  const why = `Deleting node ${name} because it does not exist in the cloud provider`;
  ctx.events.event(about, 'Normal', 'DeletingNode', why);
  try {
    await unlessGone(ctx.client.delete('nodes', '', name, { uid }));
  } catch (error) {
    ctx.events.event(about, 'Warning', 'DeletingNodeFailed', `Failed deleting node ${name}: ${errorMessage(error)}`);
    throw error;
  }
}
