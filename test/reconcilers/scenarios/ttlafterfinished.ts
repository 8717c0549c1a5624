import { expect } from 'vitest';
import { ttlafterfinished } from '../../../src/reconcilers/ttlafterfinished.ts';
import type { Scenario } from '../../support/scenario.ts';
import { object, podSpec } from './manifests.ts';

const job = (name: string, ttlSecondsAfterFinished: number | undefined, ended: boolean) =>
  object('batch/v1', 'Job', name, {
    spec: { ttlSecondsAfterFinished, template: { spec: podSpec({ restartPolicy: 'Never' }) } },
    ...(ended && {
      status: {
        startTime: '2026-01-01T00:00:00Z',
        completionTime: '2026-01-01T00:00:00Z',
        succeeded: 1,
        conditions: ['SuccessCriteriaMet', 'Complete'].map((type) => ({
          type,
          status: 'True',
          lastTransitionTime: '2026-01-01T00:00:00Z',
        })),
      },
    }),
  });

/** Jobs that have ended go when their time is over, with their pods; others stay. */
export const ttlafterfinishedScenario: Scenario = {
  controllers: () => [ttlafterfinished],
  given: [
    job('at-once', 0, true),
    job('soon', 60, true),
    job('late', 3_600, true),
    job('never', undefined, true),
    job('runs', 0, false),
  ],
  acts: [
    async (cluster) => {
      expect(
        (await cluster.list('jobs.batch')).map(({ metadata }) => metadata.deletionTimestamp !== undefined),
      ).toEqual(
        // at-once, late, never, runs, soon
        [true, false, false, false, false],
      );
    },
    (cluster) => cluster.advance(58_000),
    async (cluster) => {
      const marked = (await cluster.list('jobs.batch')).filter(({ metadata }) => metadata.deletionTimestamp);
      expect(marked.map(({ metadata }) => [metadata.name, metadata.finalizers])).toEqual([
        ['at-once', ['foregroundDeletion']],
        ['soon', ['foregroundDeletion']],
      ]);
    },
    (cluster) => cluster.advance(3_600_000),
  ],
  async end(cluster) {
    const marked = (await cluster.list('jobs.batch')).filter(({ metadata }) => metadata.deletionTimestamp);
    expect(marked.map(({ metadata }) => metadata.name)).toEqual(['at-once', 'late', 'soon']);
  },
};
