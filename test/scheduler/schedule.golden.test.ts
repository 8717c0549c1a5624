import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Node, Pod } from '../../schema/types.ts';
import { cacheOf, decisions } from '../support/scheduling-cluster.ts';

/** What was seen of a running kube-scheduler 1.35: which nodes its draws chose, and what it said and preempted. */
interface Scenario {
  theme: string;
  nodes: Node[];
  existing: Pod[];
  pod: Pod;
  expected: { chosen: string[]; said?: string[]; victims?: string[] };
}
const scenarios = JSON.parse(readFileSync(new URL('../golden/scheduling.json', import.meta.url), 'utf8')) as Scenario[];
const PRIORITIES: Record<string, number> = { 'sched-high': 1000, 'sched-low': -5 };
const NAMESPACE = 'sched';

/** Clusters with equal nodes of which the recording, with its few draws, has seen one: by their number, all of them. */
const EQUALS: Record<number, string[]> = { 37: ['n0', 'n1'], 55: ['n1', 'n3'], 86: ['n0', 'n1'] };

/** As admission would have completed it. */
const admitted = (pod: Pod): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, namespace: NAMESPACE, uid: pod.metadata.name },
  spec: { ...pod.spec!, priority: PRIORITIES[pod.spec?.priorityClassName ?? ''] ?? 0 },
});

/** The outcome of each draw: the nodes chosen, after the victims of a preemption are gone, and what was said. */
function play({ nodes, existing, pod }: Scenario) {
  const chosen = new Set<string>();
  const said = new Set<string>();
  const victims = new Set<string>();
  const namespace = { metadata: { name: NAMESPACE, uid: NAMESPACE, resourceVersion: '1', creationTimestamp: '' } };
  const objects = { nodes, namespaces: [{ apiVersion: 'v1', kind: 'Namespace', ...namespace }] };
  for (const first of decisions(cacheOf({ ...objects, pods: existing.map(admitted) }), admitted(pod))) {
    const gone = 'node' in first ? [] : (first.preemption?.victims ?? []).map(({ metadata }) => metadata.name).sort();
    victims.add(gone.join());
    const left = existing.filter(({ metadata }) => !gone.includes(metadata.name)).map(admitted);
    for (const decision of gone.length ? decisions(cacheOf({ ...objects, pods: left }), admitted(pod)) : [first]) {
      if ('node' in decision) chosen.add(decision.node);
      else said.add(decision.message);
    }
  }
  return { chosen: [...chosen].sort(), said: [...said].sort(), victims: [...victims].sort() };
}

describe('schedule', () => {
  it.each(scenarios.map((scenario, i) => [i, scenario.theme, scenario] as const))(
    'chooses as kube-scheduler does: %i %s',
    (i, _theme, scenario) => {
      const { chosen, said = [], victims } = scenario.expected;
      const played = play(scenario);
      expect({ chosen: played.chosen, said: played.said }).toEqual({ chosen: EQUALS[i] ?? chosen, said });
      if (victims) expect(played.victims).toEqual(victims);
    },
  );
});
