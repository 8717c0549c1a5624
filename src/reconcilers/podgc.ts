import type { Pod } from '../../schema/types.ts';
import { withoutCondition } from '../control/conditions.ts';
import type { Context, Reconciler } from '../control/contract.ts';
import { unlessGone } from '../control/conflict.ts';
import { present } from '../meta/present.ts';
import { isNodeReady } from '../rules/nodes.ts';
import { isPodTerminal } from '../rules/pods.ts';
import { formatTime } from '../meta/time.ts';
import { isStatusError } from '../meta/status.ts';

/** ms between rounds */
const PERIOD = 20_000;
/** Ended pods that may stay (--terminated-pod-gc-threshold). */
const THRESHOLD = 12_500;
/** How long a node must be away before its pods are taken for lost, ms. */
const QUARANTINE = 40_000;

/**
 * Deletes pods that nobody else will: of nodes that are gone or out of service, deleted before they had a node, and too
 * many that have ended.
 */
export function podgc(): Reconciler {
  const missing = new Map<string, number>();
  return {
    name: 'pod-garbage-collector',
    account: 'pod-garbage-collector',
    workers: 1,
    indexes: { pods: { node: (pod: Pod) => (pod.spec?.nodeName ? [pod.spec.nodeName] : []) } },
    watches: [
      { resource: 'pods', keys: () => [] },
      { resource: 'nodes', keys: () => [] },
    ],
    start: (ctx) => ctx.enqueueAfter('round', PERIOD),
    async reconcile(_key, ctx) {
      const pods = ctx.informer('pods').list();
      await collectEnded(pods, ctx);
      for (const pod of pods) if (pod.metadata.deletionTimestamp && isOutOfService(pod, ctx)) await remove(pod, ctx);
      await collectOrphans(pods, missing, ctx);
      for (const pod of pods) if (pod.metadata.deletionTimestamp && !pod.spec?.nodeName) await remove(pod, ctx);
      return { requeueAfter: PERIOD };
    },
  };
}

async function collectEnded(pods: readonly Pod[], ctx: Context): Promise<void> {
  const ended = pods.filter((pod) => isPodTerminal(pod) && !pod.metadata.deletionTimestamp);
  if (ended.length <= THRESHOLD) return;
  const rank = (pod: Pod): number => (pod.status?.reason === 'Evicted' ? 0 : 1);
  ended.sort((a, b) => rank(a) - rank(b) || (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1));
  for (const pod of ended.slice(0, ended.length - THRESHOLD)) await remove(pod, ctx);
}

async function collectOrphans(pods: readonly Pod[], missing: Map<string, number>, ctx: Context): Promise<void> {
  const nodes = ctx.informer('nodes');
  const now = ctx.clock.now();
  const used = new Set(pods.flatMap((pod) => pod.spec?.nodeName || []));
  for (const name of missing.keys()) if (!used.has(name) || nodes.get('', name)) missing.delete(name);
  for (const name of used) {
    if (nodes.get('', name)) continue;
    if (!missing.has(name)) missing.set(name, now);
    if (now - missing.get(name)! < QUARANTINE || (await isThere(name, ctx))) continue;
    for (const pod of ctx.informer('pods').index('node', name)) await remove(pod, ctx, 'PodGC: node no longer exists');
    missing.delete(name);
  }
}

/** Somebody has said that its node, which is not ready, will not come back with it (KEP-2268). */
function isOutOfService({ spec }: Pod, ctx: Context): boolean {
  const node = ctx.informer('nodes').get('', spec?.nodeName ?? '');
  return (
    node !== undefined &&
    !isNodeReady(node) &&
    (node.spec?.taints ?? []).some(({ key }) => key === 'node.kubernetes.io/out-of-service')
  );
}

async function isThere(node: string, ctx: Context): Promise<boolean> {
  try {
    await ctx.client.get('nodes', '', node);
    return true;
  } catch (error) {
    if (isStatusError(error, 'NotFound')) return false;
    throw error;
  }
}

/** @param disruption the words of its condition; without them there is none */
async function remove(pod: Pod, ctx: Context, disruption?: string): Promise<void> {
  const { namespace = '', name, uid, generation } = pod.metadata;
  if (!isPodTerminal(pod)) {
    const observed = present({ observedGeneration: generation });
    const said = {
      type: 'DisruptionTarget',
      ...observed,
      status: 'True',
      reason: 'DeletionByPodGC',
      message: disruption ?? '',
      lastTransitionTime: formatTime(ctx.clock.now()),
    } as const;
    const there = pod.status?.conditions ?? [];
    const conditions = disruption === undefined ? there : [...withoutCondition(there, said.type), said];
    const status = { phase: 'Failed', conditions, ...observed };
    await unlessGone(ctx.client.patch('pods', namespace, name, { status }, { subresource: 'status' }));
  }
  await unlessGone(ctx.client.delete('pods', namespace, name, { gracePeriodSeconds: 0, uid }));
}
