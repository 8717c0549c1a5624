import { expect, it } from 'vitest';
import { replicasFor, type PodUsage } from '../../src/reconcilers/hpa-replicas.ts';
import type { Pod } from '../../schema/types.ts';

const NOW = Date.parse('2026-01-01T01:00:00Z');
const time = (secondsAgo: number): string => new Date(NOW - secondsAgo * 1000).toISOString();
type State = 'ready' | 'pending' | 'failed' | 'ending' | 'fresh' | 'unready' | 'never' | 'unknown';
const CONDITION: Partial<Record<State, { status: string; started: number; changed: number }>> = {
  ready: { status: 'True', started: 3000, changed: 2900 },
  ending: { status: 'True', started: 3000, changed: 2900 },
  // ready since less than a window, within the time in which pods start
  fresh: { status: 'True', started: 60, changed: 10 },
  // was ready once
  unready: { status: 'False', started: 3000, changed: 100 },
  never: { status: 'False', started: 3000, changed: 2995 },
};

function podOf(state: State, index: number): Pod {
  const { status, started, changed } = CONDITION[state] ?? { status: '', started: 0, changed: 0 };
  const conditions = status ? [{ type: 'Ready', status, lastTransitionTime: time(changed) }] : [];
  return {
    metadata: {
      name: `p${index}`,
      uid: `${index}`,
      resourceVersion: '1',
      creationTimestamp: time(3000),
      ...(state === 'ending' && { deletionTimestamp: time(1) }),
    },
    status: {
      phase: state === 'pending' ? 'Pending' : state === 'failed' ? 'Failed' : 'Running',
      ...(status && { startTime: time(started) }),
      conditions,
    },
  };
}

/** Each pod: its state, and what it uses of the 100 that are wanted; undefined: it has no metrics. */
type Row = [what: string, pods: [State, number?][], current: number, expected: number | string, cpu?: boolean];
const rows: Row[] = [
  [
    'grows in proportion',
    [
      ['ready', 200],
      ['ready', 200],
    ],
    2,
    4,
  ],
  [
    'shrinks in proportion',
    [
      ['ready', 50],
      ['ready', 50],
    ],
    2,
    1,
  ],
  [
    'keeps its size within a tenth',
    [
      ['ready', 109],
      ['ready', 109],
    ],
    2,
    2,
  ],
  ['counts a pod without metrics as idle when it grows', [['ready', 300], ['ready', 300], ['ready']], 3, 6],
  ['counts a pod without metrics as fully used when it shrinks', [['ready', 20], ['ready', 20], ['ready']], 3, 2],
  ['does not turn around for pods without metrics', [['ready', 120], ['ready'], ['ready']], 3, 3],
  ['counts a pending pod as idle when it grows', [['ready', 300], ['pending']], 2, 3],
  ['does not mind a pending pod when it shrinks', [['ready', 40], ['ready', 40], ['pending']], 3, 1],
  [
    'does not mind pods that end or have failed',
    [
      ['ready', 200],
      ['ending', 900],
      ['failed', 900],
    ],
    1,
    2,
  ],
  [
    'takes what a pod that has just started uses for nothing',
    [
      ['ready', 300],
      ['fresh', 900],
    ],
    2,
    3,
  ],
  [
    'but not where it is memory',
    [
      ['ready', 300],
      ['fresh', 900],
    ],
    2,
    12,
    false,
  ],
  [
    'counts a pod that was ready once',
    [
      ['ready', 200],
      ['unready', 200],
    ],
    2,
    4,
  ],
  [
    'takes one that was never ready for idle',
    [
      ['ready', 300],
      ['never', 900],
    ],
    2,
    3,
  ],
  ['cannot tell of pods that have not said that they are ready', [['unknown', 100]], 1, 'pods might be unready'],
  ['cannot tell without metrics', [['ready']], 1, 'did not receive metrics'],
  ['cannot tell without pods', [], 1, 'no pods returned'],
];

it.each(rows)('%s', (_, states, current, expected, cpu = true) => {
  const pods = states.map(([state], i) => podOf(state, i));
  const usage = new Map<string, PodUsage>();
  states.forEach(([, value], i) => {
    if (value !== undefined) usage.set(`p${i}`, { value, at: NOW, windowMs: 15_000 });
  });
  const ratio = (all: ReadonlyMap<string, number>): number =>
    [...all.values()].reduce((sum, each) => sum + each, 0) / all.size / 100;
  const tolerances = { up: 0.1, down: 0.1 };
  const size = () =>
    replicasFor({ pods, usage, cpu, current, tolerances, now: NOW, ratio, assumed: () => 100 }).replicas;
  if (typeof expected === 'string') expect(size).toThrow(expected);
  else expect(size()).toBe(expected);
});

it.each([
  [1.15, { up: 0.2, down: 0.1 }, 4],
  [1.15, { up: 0.1, down: 0.2 }, 5],
  [0.85, { up: 0.1, down: 0.2 }, 4],
  [0.7, { up: 0.5, down: 0.1 }, 3],
])('a ratio of %d under the tolerances %j makes %i', (ratio, tolerances, expected) => {
  const pods = Array.from({ length: 4 }, (_, i) => podOf('ready', i));
  const usage = new Map(pods.map(({ metadata }) => [metadata.name, { value: 1, at: NOW, windowMs: 15_000 }]));
  const sizing = { pods, usage, cpu: true, current: 4, tolerances, now: NOW, ratio: () => ratio, assumed: () => 0 };
  expect(replicasFor(sizing).replicas).toBe(expected);
});
