import { isTerminalPhase } from '../../../rules/pods.ts';
import type { Steering } from './steering.ts';

/** What a stage looks at: the pod's facts that decide its next step. */
export interface SimulatedFacts {
  phase: string;
  deleting: boolean;
  /** its deletion waits for nothing of its node any more */
  released: boolean;
  /** a finalizer keeps the object, and whoever set it waits for the pod's end */
  awaited: boolean;
  /** its containers end by themselves: it is no pod that goes on for ever, or it has been told so */
  ends: boolean;
  /** status as the simulation last wrote it lacks init containers' end */
  initDone: boolean;
  /** its containers have ended and wait to be started again */
  crashed: boolean;
  restarts: number;
  /** its status says why it does not start */
  held: boolean;
  /** it has been given an ephemeral container that has not begun */
  joined: boolean;
  /** ms until its deadline is over; undefined where it has none */
  deadlineMs?: number;
  steering: Steering;
}

export type StageName = 'delete' | 'expire' | 'initialize' | 'hold' | 'run' | 'join' | 'end' | 'restart';

/** One step of a simulated pod's life: when it applies, and how long it takes, ms, with up to `jitterMs` more. */
export interface Stage {
  name: StageName;
  applies(facts: SimulatedFacts): boolean;
  delayMs(facts: SimulatedFacts): number;
  jitterMs: number;
}

/** The kubelet's back-off: none before the first restart, then 10 s doubled up to 5 minutes. */
const backoffMs = (restarts: number): number =>
  restarts === 0 ? 500 : Math.min(300_000, 10_000 * 2 ** (restarts - 1));

const isPending = ({ phase, deleting }: SimulatedFacts): boolean => phase === 'Pending' && !deleting;
const isRunning = ({ phase, deleting }: SimulatedFacts): boolean => phase === 'Running' && !deleting;

/** The lifecycle as a table: the first stage that applies is taken. */
const STAGES: readonly Stage[] = [
  {
    name: 'delete',
    applies: (facts) => facts.deleting && (!facts.released || (facts.awaited && !isTerminalPhase(facts.phase))),
    delayMs: () => 100,
    jitterMs: 400,
  },
  {
    name: 'expire',
    applies: (facts) =>
      (isPending(facts) || isRunning(facts)) && facts.deadlineMs !== undefined && facts.deadlineMs <= 0,
    delayMs: () => 0,
    jitterMs: 0,
  },
  { name: 'initialize', applies: (facts) => isPending(facts) && !facts.initDone, delayMs: () => 100, jitterMs: 200 },
  {
    name: 'hold',
    applies: (facts) => isPending(facts) && facts.steering.stuck !== undefined && !facts.held,
    delayMs: ({ steering }) => steering.startMs ?? 200,
    jitterMs: 300,
  },
  {
    name: 'run',
    applies: (facts) => isPending(facts) && facts.steering.stuck === undefined,
    delayMs: ({ steering }) => steering.startMs ?? 200,
    jitterMs: 300,
  },
  {
    name: 'join',
    applies: (facts) => isRunning(facts) && facts.joined,
    delayMs: () => 100,
    jitterMs: 200,
  },
  {
    name: 'restart',
    applies: (facts) => isRunning(facts) && facts.crashed,
    delayMs: ({ restarts }) => backoffMs(restarts),
    jitterMs: 0,
  },
  {
    name: 'end',
    applies: (facts) => isRunning(facts) && facts.ends,
    delayMs: ({ steering }) => steering.runMs ?? 300,
    jitterMs: 300,
  },
];

/** The next stage; undefined: the pod stays as it is. */
export const nextStage = (facts: SimulatedFacts): Stage | undefined => STAGES.find((stage) => stage.applies(facts));

/** ms until the next look at a pod at which this stage waits, or none: its deadline comes by itself. */
export function waitMs(facts: SimulatedFacts, stage: Stage | undefined, random: number): number | undefined {
  const own = stage && stage.delayMs(facts) + random * stage.jitterMs;
  const deadline = isPending(facts) || isRunning(facts) ? facts.deadlineMs : undefined;
  if (own === undefined) return deadline;
  return deadline === undefined ? own : Math.min(own, Math.max(0, deadline));
}
