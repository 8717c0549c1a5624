import { expect } from 'vitest';
import { filterNode, prepareFilters } from '../../../src/scheduler/filters.ts';
import { allPlugins } from '../../../src/scheduler/plugins/all.ts';
import { podInfo } from '../../../src/scheduler/pod-info.ts';
import { totalScores } from '../../../src/scheduler/schedule.ts';
import { cacheOf, decisions } from '../../support/scheduling-cluster.ts';
import { oracle, type Answer } from './oracle.ts';
import { randomCluster, type Cluster } from './random-cluster.ts';

/** Everything that `schedule` may answer, in the oracle's form. */
function ours({ pods, waiting, pod, nodes, ...objects }: Cluster): Answer {
  const cache = cacheOf({
    nodes,
    pods: [...pods, ...waiting],
    namespaces: objects.namespaces,
    services: objects.services,
    persistentvolumeclaims: objects.claims,
    persistentvolumes: objects.volumes,
    'storageclasses.storage.k8s.io': objects.classes,
    'poddisruptionbudgets.policy': objects.budgets,
  });
  const info = podInfo(pod);
  const { prepared, rejection, only } = prepareFilters(cache, info, allPlugins);
  const asked = rejection ? [] : cache.nodes.filter(({ name }) => !only || only.has(name));
  const reasons = asked.flatMap((node) => {
    const why = filterNode(cache, info, node, prepared);
    return why ? [[node.name, why] as const] : [];
  });
  const answer: Answer = {
    winners: [],
    totals: {},
    message: '',
    victims: {},
    reasons: Object.fromEntries(reasons.map(([name, why]) => [name, { ...why, reasons: [...why.reasons] }])),
  };
  const fit = asked.filter(({ name }) => !(name in answer.reasons));
  totalScores(cache, info, allPlugins, fit).forEach((total, i) => (answer.totals[fit[i]!.name] = total));
  for (const decision of decisions(cache, pod)) {
    if ('node' in decision) {
      answer.winners.push(decision.node);
      continue;
    }
    answer.message = decision.message;
    const { node, victims } = decision.preemption ?? { victims: [] };
    if (node) answer.victims[node] = victims.map(({ metadata }) => metadata.name).sort();
  }
  answer.winners.sort();
  return answer;
}

/** Fails at the first cluster about which the two disagree; its number is the seed. */
export function compareWithOracle(from: number, to: number): void {
  for (let seed = from; seed < to; seed++) {
    const cluster = randomCluster(seed);
    expect(ours(cluster), `cluster ${seed}`).toEqual(oracle(cluster));
  }
}
