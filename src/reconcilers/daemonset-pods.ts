import type { DaemonSet, Node, Pod } from '../../schema/types.ts';
import type { Context } from '../control/contract.ts';
import { semanticEqual } from '../control/equal.ts';
import { keyOf } from '../control/keys.ts';
import { scaledValue } from '../control/percent.ts';
import type { PodControl } from '../control/pod-control.ts';
import type { New } from '../meta/object.ts';
import { isPodActive, isPodAvailable, isPodReady, isPodTerminal } from '../rules/pods.ts';
import type { FailedPodsBackoff } from './failed-pods-backoff.ts';
import { affinityTo, daemonTolerations, placement } from './daemonset-nodes.ts';

export const HASH = 'controller-revision-hash';
const GENERATION = 'deprecated.daemonset.template.generation';
/** Pods made or deleted by one reconcile. */
const BURST = 250;

/** One look at a DaemonSet. */
export interface DaemonView {
  set: DaemonSet;
  nodes: readonly Node[];
  /** the set's pods by the node that each is for */
  byNode: ReadonlyMap<string, readonly Pod[]>;
  /** of the current revision */
  hash: string;
  control: PodControl<'daemonsets.apps'>;
  backoff: FailedPodsBackoff;
}

/** Pods where they are missing; none where they do not belong, more than one, or one that has failed. @throws the first error */
export async function place(view: DaemonView, ctx: Context): Promise<void> {
  const missing: string[] = [];
  const surplus: Pod[] = [];
  for (const node of view.nodes) {
    const { run, stay } = placement(view.set, node);
    const here = view.byNode.get(node.metadata.name) ?? [];
    const living = here.filter(isPodActive);
    const ended = here.filter((pod) => !pod.metadata.deletionTimestamp && isPodTerminal(pod));
    surplus.push(...(stay ? ended.filter((pod) => mayReplace(view, pod, node, ctx)) : ended));
    if (run && here.length === 0) missing.push(node.metadata.name);
    else if (!stay) surplus.push(...living);
    else if (living.length > 1 && surge(view.set, view.nodes.length) === 0)
      surplus.push(...living.sort(byMerit).slice(1));
  }
  await replace(view, missing, surplus, ctx);
}

/** One that has ended goes, so that there is another; where pods fail again and again that takes longer and longer. */
function mayReplace({ set, backoff }: DaemonView, { metadata, status }: Pod, node: Node, ctx: Context): boolean {
  const where = `${metadata.namespace}/${metadata.name} on node ${node.metadata.name}`;
  if (status?.phase === 'Succeeded') {
    const message = `Found succeeded daemon pod ${where}, will try to delete it`;
    ctx.events.event(set, 'Normal', 'SucceededDaemonPod', message);
    return true;
  }
  const wait = backoff.next(`${set.metadata.uid}/${set.metadata.generation}/${node.metadata.name}`, ctx.clock.now());
  if (wait > 0) {
    ctx.enqueueAfter(keyOf(set), wait);
    return false;
  }
  ctx.events.event(set, 'Warning', 'FailedDaemonPod', `Found failed daemon pod ${where}, will try to kill it`);
  return true;
}

/** The one to keep first: ready, then the oldest. */
const byMerit = (a: Pod, b: Pod): number =>
  Number(isPodReady(b)) - Number(isPodReady(a)) ||
  (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1);

const surge = (set: DaemonSet, total: number): number =>
  scaledValue(set.spec?.updateStrategy?.rollingUpdate?.maxSurge, total, true);

/** Replaces old pods: as many nodes at once as may be unavailable, or new pods beside the old ones with a surge. @throws the first error */
export async function roll(view: DaemonView, ctx: Context): Promise<void> {
  const { set, nodes, byNode, hash } = view;
  const suited = nodes.filter((node) => placement(set, node).run);
  const maxSurge = surge(set, suited.length);
  let unavailable = scaledValue(set.spec?.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, suited.length, true);
  if (maxSurge === 0 && unavailable === 0) unavailable = 1;
  const now = ctx.clock.now();
  const minReady = set.spec?.minReadySeconds ?? 0;
  const doomed: Pod[] = [];
  const healthy: Pod[] = [];
  const extra: string[] = [];
  let surging = 0;
  let down = 0;
  for (const { metadata } of suited) {
    const living = (byNode.get(metadata.name) ?? []).filter((pod) => !pod.metadata.deletionTimestamp);
    const fresh = living.find((pod) => pod.metadata.labels?.[HASH] === hash);
    const old = living.find((pod) => pod.metadata.labels?.[HASH] !== hash);
    const up = (pod: Pod | undefined): boolean => !!pod && isPodAvailable(pod, minReady, now);
    if (!up(fresh) && !up(old)) down++;
    if (!old) continue;
    if (maxSurge > 0) {
      if (!fresh && up(old)) extra.push(metadata.name);
      else if (fresh && !up(fresh) && up(old)) surging++;
      else doomed.push(old);
    } else if (!up(old)) doomed.push(old);
    else healthy.push(old);
  }
  if (maxSurge === 0) doomed.push(...healthy.slice(0, Math.max(0, unavailable - down)));
  await replace(view, extra.slice(0, Math.max(0, maxSurge - surging)), doomed, ctx);
}

/** Makes pods for these nodes and deletes those; what fails of the one does not keep the other. */
async function replace(
  view: DaemonView,
  missing: readonly string[],
  surplus: readonly Pod[],
  ctx: Context,
): Promise<void> {
  const { set, control } = view;
  const nodes = missing.slice(0, BURST);
  const base = daemonPod(view);
  const { affinity } = set.spec?.template.spec ?? {};
  const make = (i: number): New<Pod> => ({
    ...base,
    ...(base.spec && { spec: { ...base.spec, affinity: affinityTo(nodes[i]!, affinity) } }),
  });
  const created = await control.create(set, nodes.length, make, ctx);
  const deleted = await control.delete(set, surplus.slice(0, BURST), ctx);
  const error = created.error ?? deleted.error;
  if (error) throw error;
}

/** The set's pod, for whatever node. */
function daemonPod({ set, hash, control }: DaemonView): New<Pod> {
  const pod = control.podOf(set, set.spec?.template);
  const generation = set.metadata.annotations?.[GENERATION] ?? String(set.metadata.generation ?? 1);
  pod.metadata.labels = { ...pod.metadata.labels, [HASH]: hash, 'pod-template-generation': generation };
  const { spec } = pod;
  if (!spec) return pod;
  const own = spec.tolerations ?? [];
  const added = daemonTolerations(!!spec.hostNetwork).filter(
    (toleration) => !own.some((other) => semanticEqual(other, toleration)),
  );
  return { ...pod, spec: { ...spec, tolerations: [...own, ...added] } };
}
