import { expect } from 'vitest';
import { cronjob } from '../../../src/reconcilers/cronjob.ts';
import type { Cluster } from '../../support/cluster.ts';
import type { Scenario } from '../../support/scenario.ts';
import { object, podSpec } from './manifests.ts';

/** Jobs that run come to their end, as the job controller says it. */
const complete = async (cluster: Cluster): Promise<void> => {
  const time = new Date(cluster.clock.now()).toISOString().replace(/\.\d+/, '');
  for (const { metadata, ...one } of await cluster.list('jobs.batch')) {
    const { status } = one as { status?: { conditions?: unknown } };
    if (status?.conditions) continue;
    const conditions = ['SuccessCriteriaMet', 'Complete'].map((type) => ({
      type,
      status: 'True',
      lastTransitionTime: time,
      reason: 'CompletionsReached',
    }));
    const ended = { startTime: time, completionTime: time, succeeded: 1, conditions };
    await cluster.client.patch('jobs.batch', 'a', metadata.name, { status: ended }, { subresource: 'status' });
  }
};
const HALF_AN_HOUR = 30 * 60_000;

/** A job each half hour; of those that have ended one is kept, and one that runs holds none back. */
export const cronjobScenario: Scenario = {
  controllers: () => [cronjob],
  given: [
    object('batch/v1', 'CronJob', 'c', {
      spec: {
        schedule: '*/30 * * * *',
        successfulJobsHistoryLimit: 1,
        jobTemplate: { spec: { template: { spec: podSpec({ restartPolicy: 'Never' }) } } },
      },
    }),
  ],
  acts: [
    (cluster) => cluster.advance(HALF_AN_HOUR),
    complete,
    (cluster) => cluster.advance(HALF_AN_HOUR),
    complete,
    (cluster) => cluster.advance(HALF_AN_HOUR),
  ],
  async end(cluster) {
    const jobs = (await cluster.list('jobs.batch')).map(({ metadata }) => metadata.name);
    // minutes since 1970
    expect(jobs).toEqual(['c-29453820', 'c-29453850']);
    const [cron] = await cluster.list('cronjobs.batch');
    expect(cron!['status']).toMatchObject({
      lastScheduleTime: '2026-01-01T01:30:00Z',
      active: [{ kind: 'Job', name: 'c-29453850', namespace: 'a', apiVersion: 'batch/v1' }],
    });
    expect(await cluster.told('CronJob')).toEqual([
      'Normal SawCompletedJob ×2',
      'Normal SuccessfulCreate ×3',
      'Normal SuccessfulDelete ×1',
    ]);
  },
};
