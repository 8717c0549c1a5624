import type { Pod, Resources } from '../../schema/types.ts';
import type { ObjectOf } from '../client/contract.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import type { ClusterView, Snapshot } from './snapshot.ts';

/** Why a node does not do. `unresolvable`: taking pods away would not help. */
export interface Rejection {
  reasons: readonly string[];
  unresolvable: boolean;
  /** the pod, or what it refers to, is broken: the attempt ends as an error, and others would end so too */
  fatal?: boolean;
}
export const reject = (reason: string, unresolvable = false): Rejection => ({ reasons: [reason], unresolvable });

/** A change of the cluster that could let a rejected pod fit. */
export type ClusterEvent = {
  [R in keyof Resources]: { /** `nodes`, `pods` … */ resource: R } & ChangeOf<ObjectOf<R>>;
}[keyof Resources];
export interface ChangeOf<T> {
  on: readonly ('add' | 'update' | 'delete')[];
  /** False when this change surely does not help this pod; it is then not tried again. */
  helps?(pod: Pod, object: T | undefined, old: T | undefined): boolean;
}

/**
 * One rule of the scheduler: pure functions, each asked in its phase. `State` is what it worked out once for the pod.
 * A `prepare…` that gives `undefined` has nothing to say about this pod and is not asked about nodes. (They are methods,
 * so that a list of plugins needs no type of their states.)
 */
export interface Plugin<State = unknown> {
  name: string;
  events: readonly ClusterEvent[];
  /** Why the pod need not be tried at all yet; one of the events, or a change of the pod, may end that. */
  preEnqueue?(pod: Pod, cluster: ClusterView): string | undefined;
  /** `reject`: no node will do. `nodes`: only these can. */
  prepareFilter?(
    pod: PodInfo,
    snapshot: Snapshot,
  ): { state: State; reject?: Rejection; nodes?: ReadonlySet<string> | undefined } | undefined;
  filter?(state: State, pod: PodInfo, node: NodeInfo, snapshot: Snapshot): Rejection | undefined;
  score?: Scoring;
}

export interface Scoring<State = unknown> {
  weight: number;
  /** `nodes` are those that passed the filters */
  prepare?(pod: PodInfo, snapshot: Snapshot, nodes: readonly NodeInfo[]): State | undefined;
  score(state: State, pod: PodInfo, node: NodeInfo, snapshot: Snapshot): number;
  /** brings raw scores to 0 … 100, in place; they are taken as they are without it */
  normalize?(scores: number[], state: State, nodes: readonly NodeInfo[]): void;
}

/** In proportion to the highest; `reverse`: the highest becomes 0. Whole numbers, as kube-scheduler has them. */
export function normalizeToHighest(scores: number[], reverse: boolean): void {
  const highest = Math.max(0, ...scores);
  for (let i = 0; i < scores.length; i++) {
    const score = highest === 0 ? 0 : Math.trunc((100 * scores[i]!) / highest);
    scores[i] = reverse ? 100 - score : score;
  }
}
