import { expect } from 'vitest';
import { job } from '../../../src/reconcilers/job.ts';
import type { Cluster } from '../../support/cluster.ts';
import type { Scenario } from '../../support/scenario.ts';
import { object, podSpec } from './manifests.ts';

/** Pods that have not ended end. */
const end = async (cluster: Cluster, phase: string, index?: string): Promise<void> => {
  for (const { metadata, ...pod } of await cluster.list('pods')) {
    const { status } = pod as { status?: { phase?: string } };
    if (status?.phase !== 'Pending') continue;
    if (index !== undefined && metadata.annotations?.['batch.kubernetes.io/job-completion-index'] !== index) continue;
    await cluster.edit('pods', 'a', metadata.name, (one) => (one['status'] = { ...one['status'], phase }), 'status');
  }
};

/** An indexed job: one index fails once, all succeed in the end, and no finalizer is left. */
export const jobScenario: Scenario = {
  controllers: () => [job()],
  given: [
    object('batch/v1', 'Job', 'j', {
      spec: {
        completions: 3,
        parallelism: 2,
        completionMode: 'Indexed',
        backoffLimit: 2,
        template: { spec: podSpec({ restartPolicy: 'Never' }) },
      },
    }),
  ],
  acts: [
    (cluster) => end(cluster, 'Failed', '0'),
    (cluster) => cluster.advance(15_000),
    (cluster) => end(cluster, 'Succeeded'),
    (cluster) => cluster.advance(15_000),
    (cluster) => end(cluster, 'Succeeded'),
    (cluster) => cluster.advance(15_000),
  ],
  async end(cluster) {
    const [one] = await cluster.list('jobs.batch');
    expect(one!['status']).toMatchObject({
      succeeded: 3,
      failed: 1,
      ready: 0,
      terminating: 0,
      completedIndexes: '0-2',
      uncountedTerminatedPods: {},
    });
    expect(one!['status'].active).toBeUndefined();
    expect(
      one!['status'].conditions.map(
        ({ type, status, reason }: Record<string, string>) => `${type} ${status} ${reason}`,
      ),
    ).toEqual(['SuccessCriteriaMet True CompletionsReached', 'Complete True CompletionsReached']);
    const pods = await cluster.list('pods');
    expect(pods).toHaveLength(4);
    expect(pods.flatMap(({ metadata }) => metadata.finalizers ?? [])).toEqual([]);
    expect(await cluster.told('Job')).toEqual(['Normal Completed ×1', 'Normal SuccessfulCreate ×4']);
  },
};
