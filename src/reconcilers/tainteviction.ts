import type { Node, Pod, Taint } from '../../schema/types.ts';
import type { Context, EventSubject, Key, Reconciler } from '../control/contract.ts';
import { present } from '../meta/present.ts';
import { timeMs } from '../meta/time.ts';
import { unlessGone } from '../control/conflict.ts';
import { semanticEqual } from '../control/equal.ts';
import { keyOf, splitKey } from '../control/keys.ts';
import { covers } from '../rules/tolerations.ts';
import { formatTime } from '../meta/time.ts';

/** Deletes pods from nodes with NoExecute taints, after the time for which they tolerate them. */
export function tainteviction(): Reconciler {
  /** keys of pods that are to go when their time is over */
  const waiting = new Set<Key>();
  return {
    name: 'taint-eviction',
    account: 'node-controller',
    source: 'taint-eviction-controller',
    indexes: { pods: { node: (pod: Pod) => (pod.spec?.nodeName ? [pod.spec.nodeName] : []) } },
    watches: [
      {
        resource: 'nodes',
        *keys(node, old, ctx): Iterable<Key> {
          if (!node || semanticEqual(noExecute(node), noExecute(old))) return;
          for (const pod of ctx.informer('pods').index('node', node.metadata.name)) yield keyOf(pod);
        },
      },
      {
        resource: 'pods',
        *keys(pod, old, ctx): Iterable<Key> {
          if (!pod && old && waiting.has(keyOf(old))) yield keyOf(old);
          if (!pod?.spec?.nodeName) return;
          const { nodeName, tolerations } = pod.spec;
          if (old?.spec?.nodeName === nodeName && semanticEqual(tolerations, old.spec.tolerations)) return;
          if (noExecute(ctx.informer('nodes').get('', nodeName)).length) yield keyOf(pod);
        },
      },
    ],
    async reconcile(key, ctx) {
      const { namespace, name } = splitKey(key);
      const pod = ctx.informer('pods').get(namespace, name);
      const node = pod?.spec?.nodeName ? ctx.informer('nodes').get('', pod.spec.nodeName) : undefined;
      const now = ctx.clock.now();
      const until =
        pod && node && !pod.metadata.deletionTimestamp ? toleratedUntil(pod, noExecute(node), now) : undefined;
      // also of one that is to go now: that is told of as another decision
      if ((until === undefined || until === AT_ONCE) && waiting.delete(key))
        told(pod?.metadata ?? { namespace, name, uid: '' }, 'Cancelling deletion of', ctx);
      if (!pod || until === undefined) return undefined;
      if (until > now) {
        waiting.add(key);
        return { requeueAfter: until - now };
      }
      waiting.delete(key);
      return evict(pod, ctx);
    },
  };
}

const AT_ONCE = -Infinity;

const noExecute = (node: Node | undefined): Taint[] =>
  (node?.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute');

/** ms at which the first taint is tolerated no more, AT_ONCE where one is not at all; undefined where all are for ever. */
function toleratedUntil(pod: Pod, taints: readonly Taint[], now: number): number | undefined {
  let first: number | undefined;
  for (const taint of taints) {
    const matching = (pod.spec?.tolerations ?? []).filter((toleration) => covers(toleration, taint));
    if (matching.length === 0) return AT_ONCE;
    const limits = matching.flatMap(({ tolerationSeconds }) => tolerationSeconds ?? []);
    if (limits.length === 0) continue;
    const since = timeMs(taint.timeAdded as string | undefined);
    const until = (Number.isNaN(since) ? now : since) + Math.max(0, Math.min(...limits)) * 1000;
    first = first === undefined ? until : Math.min(first, until);
  }
  return first;
}

async function evict(pod: Pod, ctx: Context): Promise<undefined> {
  const { namespace = '', name, uid, generation } = pod.metadata;
  told(pod.metadata, 'Marking for deletion', ctx);
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
    ...present({ observedGeneration: generation }),
    lastTransitionTime: formatTime(ctx.clock.now()),
  };
  const patch = { metadata: { uid }, status: { conditions: [condition] } };
  await unlessGone(ctx.client.patch('pods', namespace, name, patch, { type: 'strategic', subresource: 'status' }));
  await unlessGone(ctx.client.delete('pods', namespace, name, { uid }));
  return undefined;
}

function told(metadata: EventSubject['metadata'], what: string, ctx: Context): void {
  const message = `${what} Pod ${metadata.namespace}/${metadata.name}`;
  ctx.events.event({ apiVersion: 'v1', kind: 'Pod', metadata }, 'Normal', 'TaintManagerEviction', message);
}
