import type { Node, NodeCondition, Pod } from '../../schema/types.ts';
import type { Context, Reconciler } from '../control/contract.ts';
import { unlessGone } from '../control/conflict.ts';
import { semanticEqual } from '../control/equal.ts';
import { isPodReady } from '../rules/pods.ts';
import { formatTime } from '../meta/time.ts';
import { taintsFor } from './node-taints.ts';
import { NODE_LEASE_NAMESPACE } from '../rules/node-lease.ts';

/** A node that has not been heard of for so long is unknown, ms (--node-monitor-grace-period). */
const GRACE = 50_000;
/** A node that has never been ready gets more time, ms (--node-startup-grace-period). */
const STARTUP_GRACE = 60_000;
/** ms between looks at one node */
const PERIOD = 5_000;
const LEASES = 'leases.coordination.k8s.io';
const CONDITIONS = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

interface Heard {
  /** what the node said last, and when this process saw it: clocks of nodes are not trusted */
  sign: string;
  at: number;
}

/** Notices nodes that fall silent, taints nodes by their conditions, and tells the pods of a lost node that they are not ready. */
export function nodelifecycle(): Reconciler {
  const heard = new Map<string, Heard>();
  return {
    name: 'node',
    indexes: { pods: { node: (pod: Pod) => (pod.spec?.nodeName ? [pod.spec.nodeName] : []) } },
    watches: [{ resource: 'nodes' }, { resource: LEASES, keys: () => [] }, { resource: 'pods', keys: () => [] }],
    async reconcile(name, ctx) {
      const node = ctx.informer('nodes').get('', name);
      if (!node) {
        heard.delete(name);
        return undefined;
      }
      const silent = isSilent(node, heard, ctx);
      const current = silent ? await markUnknown(node, ctx) : node;
      await taint(current, ctx);
      const ready = current.status?.conditions?.find(({ type }) => type === 'Ready');
      if (ready && ready.status !== 'True') await markPodsNotReady(current, ctx);
      return { requeueAfter: PERIOD };
    },
  };
}

function isSilent(node: Node, heard: Map<string, Heard>, ctx: Context): boolean {
  const { name } = node.metadata;
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
  const lease = ctx.informer(LEASES).get(NODE_LEASE_NAMESPACE, name);
  const sign = `${lease?.spec?.renewTime ?? ''}|${ready?.lastHeartbeatTime ?? ''}`;
  const now = ctx.clock.now();
  const last = heard.get(name);
  if (last?.sign !== sign) {
    heard.set(name, { sign, at: now });
    return false;
  }
  return now - last.at > (ready ? GRACE : STARTUP_GRACE);
}

async function markUnknown(node: Node, ctx: Context): Promise<Node> {
  const old = node.status?.conditions ?? [];
  const now = formatTime(ctx.clock.now());
  const never = { reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.' };
  const stopped = { reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' };
  const conditions = [...old];
  for (const type of CONDITIONS) {
    const at = conditions.findIndex((condition) => condition.type === type);
    const before = conditions[at];
    if (before?.status === 'Unknown') continue;
    const condition: NodeCondition = {
      ...before,
      type,
      status: 'Unknown',
      ...(before ? stopped : never),
      lastTransitionTime: now,
    };
    if (!before) conditions.push({ ...condition, lastHeartbeatTime: node.metadata.creationTimestamp });
    else conditions[at] = condition;
  }
  if (semanticEqual(conditions, old)) return node;
  const next = { ...node, status: { ...node.status, conditions } };
  const written = await unlessGone(ctx.client.update('nodes', next, 'status'));
  const about = { ...node, apiVersion: 'v1', kind: 'Node' };
  ctx.events.event(about, 'Normal', 'NodeNotReady', `Node ${node.metadata.name} status is now: NodeNotReady`);
  return written ?? next;
}

async function taint(node: Node, ctx: Context): Promise<void> {
  const taints = taintsFor(node, formatTime(ctx.clock.now()));
  if (semanticEqual(taints, node.spec?.taints)) return;
  const { name, resourceVersion } = node.metadata;
  await unlessGone(
    ctx.client.patch('nodes', '', name, {
      metadata: { resourceVersion },
      spec: { taints: taints.length ? taints : null },
    }),
  );
}

/** Their node cannot say it any more, and services must not send to them. */
async function markPodsNotReady(node: Node, ctx: Context): Promise<void> {
  for (const pod of ctx.informer('pods').index('node', node.metadata.name)) {
    if (!isPodReady(pod)) continue;
    const conditions = [{ type: 'Ready', status: 'False', lastTransitionTime: formatTime(ctx.clock.now()) }];
    const { namespace = '', name, uid } = pod.metadata;
    const patch = { metadata: { uid }, status: { conditions } };
    await unlessGone(ctx.client.patch('pods', namespace, name, patch, { type: 'strategic', subresource: 'status' }));
    const about = { ...pod, apiVersion: 'v1', kind: 'Pod' };
    ctx.events.event(about, 'Warning', 'NodeNotReady', 'Node is not ready');
  }
}
