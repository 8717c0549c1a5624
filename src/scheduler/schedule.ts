import type { ResourceResourceClaim } from '../../schema/types.ts';
import type { NodeInfo } from './node-info.ts';
import type { Plugin, Rejection } from './plugin.ts';
import { reject } from './plugin.ts';
import { allPlugins } from './plugins/all.ts';
import type { PodInfo } from './pod-info.ts';
import { deallocatable, dynamicResources, type ClaimsState } from './plugins/dynamic-resources.ts';
import { NOT_HELPFUL, preempt, type Preemption } from './preemption.ts';
import { filterNode, prepareFilters, summary, type Prepared } from './filters.ts';
import type { Snapshot } from './snapshot.ts';

export type Decision =
  | { node: string }
  | {
      /** as the PodScheduled condition and the event say it */
      message: string;
      /** plugins that rejected it: a change that none of them waits for does not help */
      rejectedBy: ReadonlySet<string>;
      preemption?: Preemption;
      /** a claim that somebody else may have the devices of, as this pod cannot go where they are */
      deallocate?: ResourceResourceClaim;
      /** the pod, or what it refers to, is broken: it is tried again by time alone */
      failed?: true;
    };

/** Clusters smaller than this are looked at as a whole. */
const MIN_NODES = 100;

/**
 * Chooses a node: asks the filters, scores what passes, draws among equals. Pure, but for `random` and `start`.
 * @param random 0 … 1; @param start where in the list of nodes to begin when not all are asked (advances by itself)
 */
export function schedule(
  snapshot: Snapshot,
  pod: PodInfo,
  random: () => number,
  plugins: readonly Plugin[] = allPlugins,
  start = { at: 0 },
): Decision {
  const total = snapshot.nodes.length;
  if (total === 0) return { message: 'no nodes available to schedule pods', rejectedBy: new Set() };
  const { prepared, rejection, only, onlyBy } = prepareFilters(snapshot, pod, plugins);
  const head = `0/${total} nodes are available:`;
  if (rejection) {
    // The plugins after this one were not prepared, which is what the second sentence of kube-scheduler says.
    const isClaims = rejection.plugin === dynamicResources.name;
    const after = isClaims ? `${NO_CLAIMS}, preemption: ${head} ${total} ${NOT_HELPFUL}.` : 'not found';
    return {
      message: `${head} ${rejection.by.reasons.join(', ')}. ${after}`,
      rejectedBy: new Set([rejection.plugin]),
    };
  }
  // Where its victims have made room for it the pod goes first of all.
  const nominated = snapshot.node(pod.pod.status?.nominatedNodeName ?? '');
  if (nominated && !filterNode(snapshot, pod, nominated, prepared)) return { node: nominated.name };
  const { fit, rejected, rejectedBy, error } = findFit(snapshot, pod, prepared, only, start);
  if (error !== undefined) return { message: error, rejectedBy, failed: true };
  if (fit.length === 1) return { node: fit[0]!.name };
  if (fit.length > 1) return { node: best(snapshot, pod, plugins, fit, random).name };
  if (only) {
    for (const name of onlyBy) rejectedBy.add(name);
    const absent = reject(`node(s) didn't satisfy plugin(s) [${onlyBy.join(' ')}]`, true);
    for (const node of snapshot.nodes) if (!rejected.has(node)) rejected.set(node, absent);
  }
  const why = `${head} ${summary(rejected.values())}.`;
  const claims = claimsOf(prepared);
  const deallocate = claims && deallocatable(claims, pod.pod, random);
  const preemption = preempt(snapshot, pod, plugins, rejected, random);
  if (preemption.node) return { message: why, rejectedBy, preemption, ...(deallocate && { deallocate }) };
  const before = deallocate ? 'deallocation of ResourceClaim completed' : claims ? 'still not schedulable' : NO_CLAIMS;
  const message = `${why} ${before}, preemption: ${preemption.message}`;
  return { message, rejectedBy, ...(deallocate && { deallocate }) };
}
const NO_CLAIMS = 'no new claims to deallocate';

const claimsOf = (prepared: readonly Prepared[]): ClaimsState | undefined =>
  prepared.find(({ plugin }) => plugin === dynamicResources)?.state as ClaimsState | undefined;

function findFit(
  snapshot: Snapshot,
  pod: PodInfo,
  prepared: readonly Prepared[],
  only: ReadonlySet<string> | undefined,
  start: { at: number },
): { fit: NodeInfo[]; rejected: Map<NodeInfo, Rejection>; rejectedBy: Set<string>; error?: string } {
  const nodes = only ? [...only].flatMap((name) => snapshot.node(name) ?? []) : snapshot.nodes;
  const wanted = enough(nodes.length);
  const fit: NodeInfo[] = [];
  const rejected = new Map<NodeInfo, Rejection>();
  const rejectedBy = new Set<string>();
  let asked = 0;
  for (; asked < nodes.length && fit.length < wanted; asked++) {
    const node = nodes[(start.at + asked) % nodes.length]!;
    const rejection = filterNode(snapshot, pod, node, prepared, rejectedBy);
    if (!rejection) fit.push(node);
    else if (rejection.fatal) return { fit: [], rejected, rejectedBy, error: rejection.reasons.join(', ') };
    else rejected.set(node, rejection);
  }
  if (nodes.length) start.at = (start.at + asked) % nodes.length;
  return { fit, rejected, rejectedBy };
}

/** How many fitting nodes are enough: all of a small cluster, a share that shrinks to 5 % of a large one. */
function enough(nodes: number): number {
  if (nodes < MIN_NODES) return nodes;
  const share = Math.max(5, 50 - Math.trunc(nodes / 125));
  return Math.max(MIN_NODES, Math.trunc((nodes * share) / 100));
}

function best(
  snapshot: Snapshot,
  pod: PodInfo,
  plugins: readonly Plugin[],
  nodes: readonly NodeInfo[],
  random: () => number,
): NodeInfo {
  const totals = totalScores(snapshot, pod, plugins, nodes);
  const highest = Math.max(...totals);
  const winners = nodes.filter((_, i) => totals[i] === highest);
  return winners[Math.floor(random() * winners.length)]!;
}

/** What each of the nodes that fit is worth: the plugins' scores, 0 … 100, times their weights. */
export function totalScores(
  snapshot: Snapshot,
  pod: PodInfo,
  plugins: readonly Plugin[],
  nodes: readonly NodeInfo[],
): number[] {
  const totals = nodes.map(() => 0);
  for (const { score: scoring } of plugins) {
    if (!scoring) continue;
    const state = scoring.prepare?.(pod, snapshot, nodes);
    if (scoring.prepare && state === undefined) continue;
    const scores = nodes.map((node) => scoring.score(state, pod, node, snapshot));
    scoring.normalize?.(scores, state, nodes);
    for (let i = 0; i < scores.length; i++) totals[i]! += scoring.weight * scores[i]!;
  }
  return totals;
}
