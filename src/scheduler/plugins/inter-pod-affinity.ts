import type { NodeInfo } from '../node-info.ts';
import { reject, type Plugin } from '../plugin.ts';
import type { PodInfo, Term } from '../pod-info.ts';
import type { Snapshot } from '../snapshot.ts';
import { scoreAffinity } from './inter-pod-affinity-score.ts';

/** Pods per `key=value` of the nodes' labels. */
type Counts = Map<string, number>;

interface State {
  /** where pods are that this one wants to be near, and far from */
  near: Counts;
  far: Counts;
  /** where pods are that want this one to be far */
  shunned: Counts;
  /** it satisfies its own terms: the first of a group that wants to be together */
  selfMatch: boolean;
}

/** Pods want to be near other pods, or far from them. */
export const interPodAffinity: Plugin<State> = {
  name: 'InterPodAffinity',
  events: [
    { resource: 'pods', on: ['add', 'update', 'delete'] },
    { resource: 'nodes', on: ['add', 'update'] },
    { resource: 'namespaces', on: ['add', 'update'] },
  ],
  prepareFilter(pod, snapshot) {
    const shunned = shunnedBy(pod, snapshot);
    if (pod.affinity.length + pod.antiAffinity.length + shunned.size === 0) return undefined;
    const { near, far } = attraction(pod, snapshot);
    const selfMatch = pod.affinity.every((term) => term.matches(pod.pod, snapshot.cluster.namespaceLabels));
    return { state: { near, far, shunned, selfMatch } };
  },
  filter({ near, far, shunned, selfMatch }, pod, node) {
    if (!isNear(pod.affinity, near, selfMatch, node)) return reject("node(s) didn't match pod affinity rules", true);
    if (pod.antiAffinity.some(({ topologyKey }) => has(far, topologyKey, node))) {
      return reject("node(s) didn't match pod anti-affinity rules");
    }
    for (const key in node.labels) {
      if (has(shunned, key, node)) return reject("node(s) didn't satisfy existing pods anti-affinity rules");
    }
    return undefined;
  },
  score: scoreAffinity,
};

function isNear(terms: readonly Term[], near: Counts, selfMatch: boolean, node: NodeInfo): boolean {
  let all = true;
  for (const { topologyKey } of terms) {
    if (node.labels[topologyKey] === undefined) return false;
    all &&= has(near, topologyKey, node);
  }
  return all || (near.size === 0 && selfMatch);
}

const pairOf = (key: string, node: NodeInfo): string | undefined => {
  const value = node.labels[key];
  return value === undefined ? undefined : `${key}=${value}`;
};

function has(counts: Counts, key: string, node: NodeInfo): boolean {
  const pair = pairOf(key, node);
  return pair !== undefined && (counts.get(pair) ?? 0) > 0;
}

function add(counts: Counts, key: string, node: NodeInfo): void {
  const pair = pairOf(key, node);
  if (pair !== undefined) counts.set(pair, (counts.get(pair) ?? 0) + 1);
}

function shunnedBy({ pod }: PodInfo, snapshot: Snapshot): Counts {
  const counts: Counts = new Map();
  for (const node of snapshot.withAntiAffinity) {
    for (const { antiAffinity } of node.withAntiAffinity) {
      for (const term of antiAffinity)
        if (term.matches(pod, snapshot.cluster.namespaceLabels)) add(counts, term.topologyKey, node);
    }
  }
  return counts;
}

function attraction(pod: PodInfo, snapshot: Snapshot): { near: Counts; far: Counts } {
  const near: Counts = new Map();
  const far: Counts = new Map();
  if (pod.affinity.length + pod.antiAffinity.length === 0) return { near, far };
  const { namespaceLabels } = snapshot.cluster;
  for (const node of snapshot.nodes) {
    for (const { pod: other } of node.pods.values()) {
      if (pod.affinity.length > 0 && pod.affinity.every((term) => term.matches(other, namespaceLabels))) {
        for (const { topologyKey } of pod.affinity) add(near, topologyKey, node);
      }
      for (const term of pod.antiAffinity) if (term.matches(other, namespaceLabels)) add(far, term.topologyKey, node);
    }
  }
  return { near, far };
}
