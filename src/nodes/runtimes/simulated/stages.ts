/** What a stage looks at: the pod's facts that decide its next step. */
export interface SimulatedFacts {
  phase: string;
  deleting: boolean;
  /** its node is done with it; a finalizer keeps the object */
  released: boolean;
  /** a Job owns it */
  job: boolean;
  /** status as the simulation last wrote it lacks init containers' end */
  initDone: boolean;
}

export type StageName = 'delete' | 'initialize' | 'run' | 'complete';

/** One step of a simulated pod's life: when it applies, and how long it takes, ms, with up to `jitterMs` more. */
export interface Stage {
  name: StageName;
  applies(facts: SimulatedFacts): boolean;
  delayMs: number;
  jitterMs: number;
}

/** The lifecycle as a table: the first stage that applies is taken. */
const STAGES: readonly Stage[] = [
  { name: 'delete', applies: (facts) => facts.deleting && !facts.released, delayMs: 100, jitterMs: 400 },
  {
    name: 'initialize',
    applies: (facts) => !facts.deleting && facts.phase === 'Pending' && !facts.initDone,
    delayMs: 100,
    jitterMs: 200,
  },
  {
    name: 'run',
    applies: (facts) => !facts.deleting && facts.phase === 'Pending' && facts.initDone,
    delayMs: 200,
    jitterMs: 300,
  },
  {
    name: 'complete',
    applies: (facts) => !facts.deleting && facts.phase === 'Running' && facts.job,
    delayMs: 300,
    jitterMs: 300,
  },
];

/** The next stage; undefined: the pod stays as it is. */
export const nextStage = (facts: SimulatedFacts): Stage | undefined => STAGES.find((stage) => stage.applies(facts));
