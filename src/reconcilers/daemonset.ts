import type { DaemonSet, Pod } from '../../schema/types.ts';
import type { Context, Reconciler } from '../control/contract.ts';
import { semanticEqual } from '../control/equal.ts';
import { byController, byOrphanage, keyOf, splitKey } from '../control/keys.ts';
import { PodControl } from '../control/pod-control.ts';
import { POD_INDEXES } from '../control/pod-owner.ts';
import { podTemplateHash } from '../control/pod-template-hash.ts';
import { isEmptySelector, labelMatcher } from '../control/selector.ts';
import { nodeOfDaemonPod } from './daemonset-nodes.ts';
import { HASH, place, roll, type DaemonView } from './daemonset-pods.ts';
import { writeDaemonStatus } from './daemonset-status.ts';
import { FailedPodsBackoff } from './failed-pods-backoff.ts';
import { currentRevision, REVISIONS, revisionsOf, trimHistory, type RevisionedOwner } from './revisions.ts';

const RESOURCE = 'daemonsets.apps';
type Control = PodControl<typeof RESOURCE>;

/** Keeps one pod of the template on every node that suits it, and rolls new templates out node by node. */
export function daemonset(): Reconciler {
  const control: Control = new PodControl({
    resource: RESOURCE,
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    selects: ({ spec }) => labelMatcher(spec?.selector),
  });
  const backoff = new FailedPodsBackoff();
  return {
    name: 'daemon-set',
    source: 'daemonset-controller',
    indexes: {
      pods: POD_INDEXES,
      [REVISIONS]: { controller: byController, orphans: byOrphanage },
    },
    watches: [
      { resource: RESOURCE, keys: (set, old) => control.ownerKeys(set, old) },
      { resource: 'pods', keys: (pod, old, ctx) => control.podKeys(pod, old, ctx) },
      { resource: REVISIONS, keys: () => [] },
      {
        resource: 'nodes',
        *keys(node, old, ctx) {
          const same =
            node &&
            old &&
            semanticEqual(node.metadata.labels, old.metadata.labels) &&
            semanticEqual(node.spec, old.spec);
          if (!same) for (const set of ctx.informer(RESOURCE).list()) yield keyOf(set);
        },
      },
    ],
    async reconcile(key, ctx) {
      const { namespace, name } = splitKey(key);
      const found = ctx.informer(RESOURCE).get(namespace, name);
      if (!found || found.metadata.deletionTimestamp) return;
      const set: DaemonSet = { ...found, apiVersion: 'apps/v1', kind: 'DaemonSet' };
      if (isEmptySelector(set.spec?.selector)) {
        const message = 'This daemon set is selecting all pods. A non-empty selector is required.';
        ctx.events.event(set, 'Warning', 'SelectingAll', message);
        return;
      }
      await sync(set, control, backoff, ctx);
    },
  };
}

async function sync(set: DaemonSet, control: Control, backoff: FailedPodsBackoff, ctx: Context): Promise<void> {
  const owner = revisioned(set);
  const revisions = await revisionsOf(owner, ctx);
  const { revision, collisions } = await currentRevision(owner, revisions, set.status?.collisionCount ?? 0, ctx);
  const hash = revision.metadata.labels?.[HASH] ?? '';
  const pods = await control.claim(set, ctx);
  const nodes = ctx.informer('nodes').list();
  const byNode = new Map<string, Pod[]>();
  for (const pod of pods) {
    const node = nodeOfDaemonPod(pod) ?? '';
    const here = byNode.get(node);
    if (here) here.push(pod);
    else byNode.set(node, [pod]);
  }
  const view: DaemonView = { set, nodes, byNode, hash, control, backoff };
  let failure: unknown;
  try {
    if (control.settled(set, ctx)) await place(view, ctx);
    if (control.settled(set, ctx) && set.spec?.updateStrategy?.type !== 'OnDelete') await roll(view, ctx);
    const used = new Set(pods.map((pod) => pod.metadata.labels?.[HASH]));
    const isUsed: Parameters<typeof trimHistory>[2] = ({ metadata }) =>
      metadata.name === revision.metadata.name || used.has(metadata.labels?.[HASH]);
    await trimHistory(owner, revisions, isUsed, ctx);
  } catch (error) {
    failure = error;
  }
  await writeDaemonStatus(set, nodes, byNode, hash, collisions, ctx);
  if (failure) throw failure;
}

const revisioned = (set: DaemonSet): RevisionedOwner => ({
  object: set,
  resource: RESOURCE,
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  template: set.spec!.template,
  hashLabel: HASH,
  hash: (_data, count) => podTemplateHash(set.spec!.template, count),
  annotations: { ...set.metadata.annotations },
});
