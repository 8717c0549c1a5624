import { memoryOf } from '../processes.ts';
import type { Row } from '../row.ts';

const ownServer = { anyServer: false, maxRuns: 1 } as const;

/** The server's resident memory and its Postgres' share, as they are after the objects were written. */
const memory = (stage: 'filled' | 'large', name: string, title: string, goal: number, reference?: number): Row => ({
  ...ownServer,
  name,
  title,
  stage,
  quick: false,
  measures: [
    { unit: 'MB', better: 'less', goal, reference },
    { unit: 'MB', better: 'less', goal, label: 'of which Postgres' },
  ],
  async run(bench) {
    const { server, database } = memoryOf(bench.server!.pid);
    return [server + database, database];
  },
});

const coldStart: Row = {
  ...ownServer,
  name: 'cold-start',
  title: 'cold start to ready on existing data, 10,000 objects',
  stage: 'filled',
  quick: true,
  maxRuns: 3,
  measures: [{ unit: 's', better: 'less', goal: 2, reference: 4.3 }],
  async run(bench) {
    return [(await bench.server!.restart()) / 1000];
  },
};

const largeList: Row = {
  name: 'large-list-500',
  title: 'LIST limit=500 of 150,000 pods, p99',
  stage: 'large',
  anyServer: true,
  quick: false,
  measures: [{ unit: 'ms', better: 'less', goal: 50 }],
  async run(bench) {
    return [
      (await bench.load({ method: 'GET', paths: ['/api/v1/pods?limit=500'], inFlight: 1, seconds: bench.seconds })).p99,
    ];
  },
};

export const MEMORY: readonly Row[] = [
  memory('filled', 'memory', 'memory with 10,000 pods, server and Postgres', 600, 1_650),
];
export const COLD_START: readonly Row[] = [coldStart];
export const LARGE: readonly Row[] = [
  memory('large', 'large-memory', 'memory with 150,000 pods, server and Postgres', 3_072),
  largeList,
];
