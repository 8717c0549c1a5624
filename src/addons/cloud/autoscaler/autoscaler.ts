import type { Node, Pod } from '../../../../schema/types.ts';
import type { Context, EventSubject, Reconciler } from '../../../control/contract.ts';
import { semanticEqual } from '../../../control/equal.ts';
import { isStatusError } from '../../../meta/status.ts';
import { isNodeLeaving, isNodeReady } from '../../../rules/nodes.ts';
import { NAMESPACE } from '../../addon.ts';
import type { MakePlacement } from '../../lent.ts';
import type { AutoscalerSettings } from '../node-group-settings.ts';
import type { NodeGroup, NodeGroups } from '../provider.ts';
import { clusterState, type ClusterState } from './cluster-state.ts';
import { isUnschedulable } from './pod-rules.ts';
import { mark, removeNode } from './remove-nodes.ts';
import { unneededNodes, type Unneeded } from './scale-down.ts';
import { PodTurns } from './pod-turns.ts';
import { scaleUp } from './scale-up.ts';
import { printStatus, STATUS, statusOf } from './status-map.ts';

/** The one key: the cluster is looked at as a whole. */
const CLUSTER = 'cluster';
/** ms after a change that may be one of many */
const SOON = 250;
/** Pods without a node that are looked at in one go. */
const MAX_PODS = 1000;
/** How long a group that has failed to grow is left alone, ms (initial-node-group-backoff-duration). */
const BACKOFF = 300_000;
/** How often the status is written though nothing but the time has changed, ms. */
const STATUS_PERIOD = 60_000;
const LAST_UPDATED = 'cluster-autoscaler.kubernetes.io/last-updated';
/** What the placement looks at, besides nodes and pods. */
const LOOKED_AT = [
  'namespaces',
  'services',
  'replicationcontrollers',
  'replicasets.apps',
  'statefulsets.apps',
  'daemonsets.apps',
  'persistentvolumeclaims',
  'persistentvolumes',
  'storageclasses.storage.k8s.io',
  'csidrivers.storage.k8s.io',
  'csinodes.storage.k8s.io',
  'csistoragecapacities.storage.k8s.io',
  'deviceclasses.resource.k8s.io',
  'resourceclaims.resource.k8s.io',
  'resourceslices.resource.k8s.io',
  'poddisruptionbudgets.policy',
] as const;

/** Gives node groups more nodes when pods fit nowhere, and fewer when some are idle, as cluster-autoscaler does it. */
export function autoscaler(groups: NodeGroups, placement: MakePlacement, settings: AutoscalerSettings): Reconciler {
  const run = new Autoscaler(groups, placement, settings);
  const soon = (ctx: Context): [] => {
    ctx.enqueueAfter(CLUSTER, SOON);
    return [];
  };
  return {
    name: 'cluster-autoscaler',
    source: 'cluster-autoscaler',
    workers: 1,
    indexes: { pods: { node: ({ spec }: Pod) => (spec?.nodeName ? [spec.nodeName] : []) } },
    watches: [
      {
        resource: 'pods',
        keys(pod, old, ctx) {
          const isNews = pod
            ? isUnschedulable(pod) && !(old && isUnschedulable(old))
            : run.isLeaving(old?.spec?.nodeName);
          return isNews ? soon(ctx) : [];
        },
      },
      {
        resource: 'nodes',
        keys: (node, old, ctx) => (!node || !old || isNodeReady(node) !== isNodeReady(old) ? soon(ctx) : []),
      },
      ...LOOKED_AT.map((resource) => ({ resource, keys: () => [] })),
    ],
    start: (ctx) => ctx.enqueueAfter(CLUSTER, 0),
    async reconcile(_, ctx) {
      await groups.ready();
      await run.once(ctx);
      return { requeueAfter: settings.scanInterval };
    },
  };
}

class Autoscaler {
  private readonly unneededSince = new Map<string, number>();
  private readonly backedOffUntil = new Map<string, number>();
  private leaving = new Set<string>();
  private readonly turns = new PodTurns(MAX_PODS);
  private lastAdd = -Infinity;
  private lastDelete = -Infinity;
  private lastFailure = -Infinity;
  private lastStatus: { status: object; at: number } | undefined;
  private about: EventSubject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: NAMESPACE, name: STATUS, uid: '' },
  };

  constructor(
    private readonly groups: NodeGroups,
    private readonly placement: MakePlacement,
    private readonly settings: AutoscalerSettings,
  ) {}

  isLeaving(node: string | undefined): boolean {
    return node !== undefined && this.leaving.has(node);
  }

  async once(ctx: Context): Promise<void> {
    const state = clusterState(this.groups, this.placement, this.settings, ctx);
    const now = ctx.clock.now();
    this.leaving = new Set(
      state.groups.flatMap(({ nodes }) => nodes.filter(isNodeLeaving).map(({ metadata }) => metadata.name)),
    );
    const before = new Map(state.groups.map(({ group }) => [group.id, group.targetSize]));
    const hasGrown = await scaleUp({
      state,
      waiting: this.turns.next(state.pods.filter(isUnschedulable)),
      ctx,
      about: this.about,
      isBackedOff: ({ id }) => (this.backedOffUntil.get(id) ?? 0) > now,
      failed: ({ id }) => void this.backedOffUntil.set(id, now + BACKOFF),
    });
    const growing = new Set(
      state.groups.flatMap(({ group }) => (group.targetSize > before.get(group.id)! ? [group.id] : [])),
    );
    if (hasGrown) this.lastAdd = now;
    await this.finishRemovals(state, ctx);
    const candidates = this.settings.scaleDownEnabled && !hasGrown ? await this.shrink(state, ctx) : [];
    await this.say(state, growing, candidates, ctx);
  }

  /** Marks those that have been idle for long enough; what goes at once has no pods to move. */
  private async shrink(state: ClusterState, ctx: Context): Promise<Unneeded[]> {
    const { settings, unneededSince } = this;
    const now = ctx.clock.now();
    const found = unneededNodes(state, settings, ctx);
    const names = new Set(found.map(({ node }) => node.metadata.name));
    for (const name of unneededSince.keys()) if (!names.has(name)) unneededSince.delete(name);
    for (const name of names) if (!unneededSince.has(name)) unneededSince.set(name, now);
    if (this.isCoolingDown(now)) return found;
    const due = found.filter(({ node }) => this.isDue(node, now));
    const empty = due.filter(({ pods }) => !pods.length).slice(0, settings.maxEmptyBulkDelete);
    // One that has pods to move goes by itself: what it needs elsewhere is known for sure.
    const going = empty.length || this.leaving.size ? empty : due.slice(0, 1);
    for (const each of going) {
      await mark(each, ctx, this.about);
      unneededSince.delete(each.node.metadata.name);
    }
    if (going.length) ctx.enqueueAfter(CLUSTER, SOON);
    return found;
  }

  private isCoolingDown(now: number): boolean {
    const { scaleDownDelayAfterAdd, scaleDownDelayAfterDelete, scaleDownDelayAfterFailure } = this.settings;
    return (
      now < this.lastAdd + scaleDownDelayAfterAdd ||
      now < this.lastDelete + scaleDownDelayAfterDelete ||
      now < this.lastFailure + scaleDownDelayAfterFailure
    );
  }

  private isDue(node: Node, now: number): boolean {
    const { scaleDownUnneededTime, scaleDownUnreadyTime } = this.settings;
    const since = this.unneededSince.get(node.metadata.name) ?? now;
    return now - since >= (isNodeReady(node) ? scaleDownUnneededTime : scaleDownUnreadyTime);
  }

  private async finishRemovals(state: ClusterState, ctx: Context): Promise<void> {
    for (const { group, nodes } of state.groups)
      for (const node of nodes.filter(isNodeLeaving)) await this.step(node, group, state, ctx);
  }

  private async step(node: Node, group: NodeGroup, state: ClusterState, ctx: Context): Promise<void> {
    const pods = state.podsOf(node.metadata.name);
    const how = await removeNode(node, group, pods, this.settings, ctx, this.about);
    if (how === 'gone') this.lastDelete = ctx.clock.now();
    if (how === 'failed') this.lastFailure = ctx.clock.now();
  }

  private async say(
    state: ClusterState,
    growing: ReadonlySet<string>,
    unneeded: readonly Unneeded[],
    ctx: Context,
  ): Promise<void> {
    const now = ctx.clock.now();
    const candidates = new Map<string, number>();
    for (const { group } of unneeded) candidates.set(group.group.id, (candidates.get(group.group.id) ?? 0) + 1);
    const backedOff = new Set([...this.backedOffUntil].flatMap(([id, until]) => (until > now ? [id] : [])));
    const status = statusOf(state.groups, { growing, backedOff, candidates });
    const last = this.lastStatus;
    if (last && now - last.at < STATUS_PERIOD && semanticEqual(last.status, status)) return;
    const annotations = { [LAST_UPDATED]: new Date(now).toISOString() };
    const map = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: STATUS, namespace: NAMESPACE, annotations },
      data: { status: printStatus(status, now) },
    };
    const { metadata, data } = map;
    const written = await ctx.client
      .patch('configmaps', NAMESPACE, STATUS, { metadata: { annotations: metadata.annotations }, data })
      .catch((error: unknown) => {
        if (!isStatusError(error, 'NotFound')) throw error;
        return ctx.client.create('configmaps', map);
      });
    this.about = { apiVersion: 'v1', kind: 'ConfigMap', metadata: written.metadata };
    this.lastStatus = { status, at: now };
  }
}
