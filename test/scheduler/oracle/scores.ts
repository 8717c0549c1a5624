import type { Node, Pod, TopologySpreadConstraint } from '../../../schema/types.ts';
import { speaksOf } from './filters.ts';
import type { Cluster } from './random-cluster.ts';
import { constraintsOf, countedPods, hasKeys, includes } from './spread.ts';
import { allocatable, isTolerated, podsOn, requested, selects, termMatches } from './words.ts';

/** Points for each of the nodes that passed, 0 … 100. */
type Score = (pod: Pod, nodes: readonly Node[], cluster: Cluster) => number[];

const DEFAULTS = [
  ['cpu', 100],
  ['memory', 200 * 2 ** 20],
] as const;
const MB = 2 ** 20;
const HOST = 'kubernetes.io/hostname';

/** The share of the highest, in whole percent. */
const ofHighest = (numbers: number[]): number[] => {
  const highest = Math.max(...numbers);
  return numbers.map((number) => (highest === 0 ? 0 : Math.floor((100 * number) / highest)));
};

const untolerated: Score = (pod, nodes) => {
  // Only tolerations that speak of this effect, or of any, count.
  const soft = (pod.spec?.tolerations ?? []).filter(({ effect = '' }) => ['', 'PreferNoSchedule'].includes(effect));
  const counts = nodes.map(
    ({ spec }) =>
      (spec?.taints ?? []).filter((taint) => taint.effect === 'PreferNoSchedule' && !isTolerated(taint, soft)).length,
  );
  return ofHighest(counts).map((share) => 100 - share);
};

const nodeAffinity: Score = (pod, nodes) => {
  const wishes = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return ofHighest(
    nodes.map((node) =>
      wishes.reduce((sum, { weight, preference }) => sum + (termMatches(preference, node) ? weight : 0), 0),
    ),
  );
};

const leastAllocated: Score = (pod, nodes, cluster) =>
  nodes.map((node) => {
    const shares = DEFAULTS.map(([resource, missing]) => {
      const standing = podsOn(cluster, node).map((other) =>
        requested(other, resource, missingIn(other, resource, missing)),
      );
      const total = allocatable(node, resource);
      const used = standing.reduce((a, b) => a + b, 0) + requested(pod, resource, missing, false);
      return used > total ? 0 : Math.floor((100 * (total - used)) / total);
    });
    return Math.floor((shares[0]! + shares[1]!) / 2);
  });

/** A pod with amounts of its own gets the default only of what is said nowhere in it. */
function missingIn(pod: Pod, resource: string, missing: number): number {
  if (!pod.spec?.resources?.requests) return missing;
  return requested(pod, resource) > 0 ? 0 : missing;
}

const balanced: Score = (pod, nodes, cluster) =>
  nodes.map((node) => {
    if (requested(pod, 'cpu') + requested(pod, 'memory') === 0) return 0;
    const [cpu, memory] = ['cpu', 'memory'].map((resource) => {
      const used = [...podsOn(cluster, node), pod].reduce((sum, other) => sum + requested(other, resource), 0);
      return Math.min(1, used / allocatable(node, resource));
    });
    return Math.floor((1 - Math.abs(cpu! - memory!) / 2) * 100);
  });

const images: Score = (pod, nodes, cluster) => {
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  const sizesOn = ({ status }: Node, name: string): number[] =>
    (status?.images ?? []).filter(({ names }) => names?.includes(name)).map(({ sizeBytes }) => sizeBytes ?? 0);
  return nodes.map((node) => {
    let sum = 0;
    for (const { image } of containers) {
      const name = /:[^/]+$/.test(image!) ? image! : `${image}:latest`;
      if (sizesOn(node, name).length === 0) continue;
      const having = cluster.nodes.filter((one) => sizesOn(one, name).length > 0);
      // All nodes are taken to have the image in the size in which it was first seen.
      sum += Math.floor((sizesOn(having[0]!, name)[0]! * having.length) / cluster.nodes.length);
    }
    const [least, most] = [23 * MB, 1000 * MB * containers.length];
    return Math.floor((100 * (Math.min(Math.max(sum, least), most) - least)) / (most - least));
  });
};

const betweenPods: Score = (pod, nodes, cluster) => {
  const sums = nodes.map((node) => {
    let sum = 0;
    for (const other of cluster.pods) {
      const there = cluster.nodes.find(({ metadata }) => metadata.name === other.spec?.nodeName)!.metadata.labels;
      const shares = (key: string): boolean => there?.[key] !== undefined && there[key] === node.metadata.labels?.[key];
      for (const [owner, about] of [
        [pod, other],
        [other, pod],
      ] as const) {
        const { podAffinity, podAntiAffinity } = owner.spec?.affinity ?? {};
        for (const { weight, podAffinityTerm: term } of podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ??
          [])
          if (shares(term.topologyKey) && speaksOf(term, owner, about, cluster)) sum += weight;
        for (const {
          weight,
          podAffinityTerm: term,
        } of podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
          if (shares(term.topologyKey) && speaksOf(term, owner, about, cluster)) sum -= weight;
      }
      // Who must be near this pod is glad of it, with one point.
      for (const term of other.spec?.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [])
        if (shares(term.topologyKey) && speaksOf(term, other, pod, cluster)) sum += 1;
    }
    return sum;
  });
  const [least, most] = [Math.min(...sums), Math.max(...sums)];
  return sums.map((sum) => (most > least ? Math.floor((100 * (sum - least)) / (most - least)) : 0));
};

const spread: Score = (pod, nodes, cluster) => {
  const own = (pod.spec?.topologySpreadConstraints?.length ?? 0) > 0;
  const constraints = own ? constraintsOf(pod, 'ScheduleAnyway') : byDefault(pod, cluster);
  if (constraints.length === 0) return nodes.map(() => 0);
  const counts = (node: Node): boolean => !own || hasKeys(node, constraints);
  const scored = nodes.filter(counts);
  const sums = scored.map((node) => {
    let sum = 0;
    for (const constraint of constraints) {
      const { topologyKey, maxSkew } = constraint;
      const domain = node.metadata.labels?.[topologyKey];
      if (domain === undefined) continue;
      const domains = new Set(scored.map(({ metadata }) => metadata.labels?.[topologyKey]));
      const size = topologyKey === HOST ? scored.length : domains.size;
      const members = cluster.nodes.filter(
        (one) => one.metadata.labels?.[topologyKey] === domain && counts(one) && includes(constraint, pod, one),
      );
      const count = (topologyKey === HOST ? [node] : members).reduce(
        (total, one) => total + countedPods(constraint, pod, one, cluster),
        0,
      );
      sum += count * Math.log(size + 2) + (maxSkew - 1);
    }
    return Math.round(sum);
  });
  const [least, most] = [Math.min(...sums), Math.max(...sums)];
  return nodes.map((node) => {
    const at = scored.indexOf(node);
    if (at < 0) return 0;
    return most === 0 ? 100 : Math.floor((100 * (most + least - sums[at]!)) / most);
  });
};

/** Without constraints a pod spreads over hosts and zones from those that the same services select. */
function byDefault(pod: Pod, { services }: Cluster): TopologySpreadConstraint[] {
  const mine = services.filter(
    ({ metadata, spec }) =>
      metadata.namespace === pod.metadata.namespace && selects({ matchLabels: spec!.selector! }, pod.metadata.labels),
  );
  if (mine.length === 0) return [];
  const labelSelector = { matchLabels: Object.assign({}, ...mine.map(({ spec }) => spec!.selector)) };
  const common = { labelSelector, whenUnsatisfiable: 'ScheduleAnyway' as const };
  return [
    { topologyKey: HOST, maxSkew: 3, ...common },
    { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 5, ...common },
  ];
}

const scores: readonly (readonly [number, Score])[] = [
  [3, untolerated],
  [2, nodeAffinity],
  [1, leastAllocated],
  [2, spread],
  [2, betweenPods],
  [1, balanced],
  [1, images],
];

/** The total of each node that fits. A plugin without anything to say gives all the same, which is 0 here. */
export function totals(pod: Pod, nodes: readonly Node[], cluster: Cluster): number[] {
  const sums = nodes.map(() => 0);
  for (const [weight, score] of scores)
    score(pod, nodes, cluster).forEach((points, i) => (sums[i]! += weight * points));
  return sums;
}
