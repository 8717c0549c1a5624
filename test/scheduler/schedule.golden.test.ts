import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Node, Pod } from '../../schema/types.ts';
import { SchedulerCache } from '../../src/scheduler/cache.ts';
import { podInfo } from '../../src/scheduler/pod-info.ts';
import { schedule } from '../../src/scheduler/schedule.ts';
import type { ClusterView } from '../../src/scheduler/snapshot.ts';

interface Scenario {
  theme: string;
  nodes: Node[];
  existing: Pod[];
  pod: Pod;
  expected: { chosen: string[]; said?: string[]; victims?: string[] };
}
const scenarios = JSON.parse(readFileSync(new URL('../golden/scheduling.json', import.meta.url), 'utf8')) as Scenario[];
const PRIORITIES: Record<string, number> = { 'sched-high': 1000, 'sched-low': -5 };
const view: ClusterView = {
  namespaceLabels: () => ({}),
  siblings: () => undefined,
  claim: () => undefined,
  volume: () => undefined,
  volumes: () => [],
  storageClass: () => undefined,
  budgets: () => [],
};

/** As admission would have completed it. */
const admitted = (pod: Pod): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, namespace: 'sched', uid: pod.metadata.name },
  spec: { ...pod.spec!, priority: PRIORITIES[pod.spec?.priorityClassName ?? ''] ?? 0 },
});

function play({ nodes, existing, pod }: Scenario, random: () => number) {
  const cache = new SchedulerCache(view);
  for (const node of nodes) cache.setNode(node);
  for (const placed of existing) cache.setPod(admitted(placed));
  const info = podInfo(admitted(pod));
  let decision = schedule(cache, info, random);
  const victims =
    'preemption' in decision ? (decision.preemption?.victims.map(({ metadata }) => metadata.name).sort() ?? []) : [];
  if ('preemption' in decision && decision.preemption) {
    for (const name of victims) cache.removePod(name);
    decision = schedule(cache, info, random);
  }
  return { decision, victims: victims.join(',') };
}

describe('schedule', () => {
  for (const [i, scenario] of scenarios.entries()) {
    it(`chooses as kube-scheduler does: ${scenario.theme} ${i}`, () => {
      const chosen = new Set<string>();
      for (let draw = 0; draw < 8; draw++) {
        const { decision, victims } = play(scenario, () => draw / 8);
        if ('node' in decision) chosen.add(decision.node);
        else expect(scenario.expected.said).toContain(decision.message);
        if (scenario.expected.victims) expect(scenario.expected.victims).toContain(victims);
      }
      // A recording has a few draws only: where several nodes are equal it need not have seen all of them.
      if (scenario.expected.chosen.length === 0) expect([...chosen]).toEqual([]);
      else expect([...chosen]).toEqual(expect.arrayContaining(scenario.expected.chosen));
      if (scenario.expected.victims === undefined) expect(chosen.size).toBeLessThanOrEqual(2);
    });
  }
});
