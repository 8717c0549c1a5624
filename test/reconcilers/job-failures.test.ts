import { afterEach, describe, expect, test } from 'vitest';
import { job } from '../../src/reconcilers/job.ts';
import { startCluster, type Cluster } from '../support/cluster.ts';
import type { Loose } from '../support/fake-api.ts';

let cluster: Cluster;
afterEach(() => cluster.stop());

async function start(spec: Record<string, unknown>): Promise<void> {
  cluster = await startCluster(() => [job()]);
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x:1' }] } };
  await cluster.put('jobs.batch', { metadata: { name: 'j', namespace: 'a' }, spec: { template, ...spec } });
  await cluster.advance();
}
const pods = (): Promise<Loose[]> => cluster.list('pods');
const status = async () => (await cluster.list('jobs.batch'))[0]!['status'];
const conditions = async (): Promise<string[]> =>
  ((await status()).conditions ?? []).map(({ type, reason }: Record<string, string>) => `${type} ${reason}`);

/** The pods that run end with that exit code, now. */
async function fail(exitCode: number, filter: (pod: Loose) => boolean = () => true): Promise<void> {
  const finishedAt = new Date(cluster.clock.now()).toISOString().replace(/\.\d+/, '');
  for (const pod of await pods()) {
    if (pod['status'].phase !== 'Pending' || !filter(pod)) continue;
    const terminated = { exitCode, reason: 'Error', finishedAt, startedAt: finishedAt };
    const containerStatuses = [
      { name: 'c', image: 'x:1', imageID: '', ready: false, restartCount: 0, state: { terminated } },
    ];
    const ended = { phase: 'Failed', containerStatuses };
    await cluster.client.patch('pods', 'a', pod.metadata.name, { status: ended }, { subresource: 'status' });
  }
  await cluster.advance();
}

describe('a job whose pods fail', () => {
  test('waits ten seconds, and twice as long each time, until it has tried often enough', async () => {
    await start({ backoffLimit: 3 });
    for (const seconds of [10, 20, 40]) {
      await fail(1);
      const before = (await pods()).length;
      await cluster.advance(seconds * 1000 - 1_000);
      expect(await pods()).toHaveLength(before);
      await cluster.advance(1_000);
      expect(await pods()).toHaveLength(before + 1);
    }
    await fail(1);
    await cluster.advance(3_600_000);
    expect(await pods()).toHaveLength(4);
    expect(await conditions()).toEqual(['FailureTarget BackoffLimitExceeded', 'Failed BackoffLimitExceeded']);
    expect(await cluster.events()).toContain(
      'Warning BackoffLimitExceeded Job Job has reached the specified backoff limit',
    );
  });

  const rule = (action: string, values: number[]) => ({
    action,
    onExitCodes: { containerName: 'c', operator: 'In', values },
  });

  test('fails as a whole where its policy says so of the exit code', async () => {
    await start({ completions: 2, parallelism: 2, podFailurePolicy: { rules: [rule('FailJob', [42])] } });
    const [one] = await pods();
    await fail(42, ({ metadata }) => metadata.name === one!.metadata.name);
    await cluster.advance(60_000);
    expect(await conditions()).toEqual(['FailureTarget PodFailurePolicy', 'Failed PodFailurePolicy']);
    expect((await status()).failed).toBe(2);
  });

  test('does not count what its policy ignores', async () => {
    await start({ backoffLimit: 0, podFailurePolicy: { rules: [rule('Ignore', [7])] } });
    for (let n = 0; n < 3; n++) {
      await fail(7);
      await cluster.advance(600_000);
    }
    expect((await status()).failed ?? 0).toBe(0);
    expect(await conditions()).toEqual([]);
    await fail(1);
    await cluster.advance(600_000);
    expect(await conditions()).toEqual(['FailureTarget BackoffLimitExceeded', 'Failed BackoffLimitExceeded']);
  });

  test('gives up one index after its own limit, and ends when all have come to an end', async () => {
    const spec = { completions: 2, parallelism: 2, completionMode: 'Indexed', backoffLimitPerIndex: 1 };
    await start(spec);
    const ofIndex = (index: string) => (pod: Loose) =>
      pod.metadata.annotations?.['batch.kubernetes.io/job-completion-index'] === index;
    await fail(1, ofIndex('0'));
    await cluster.advance(60_000);
    await fail(1, ofIndex('0'));
    await cluster.advance(60_000);
    expect((await status()).failedIndexes).toBe('0');
    expect(await conditions()).toEqual([]);
    for (const pod of await pods())
      if (pod['status'].phase === 'Pending')
        await cluster.client.patch(
          'pods',
          'a',
          pod.metadata.name,
          { status: { phase: 'Succeeded' } },
          { subresource: 'status' },
        );
    await cluster.advance(60_000);
    expect(await status()).toMatchObject({ succeeded: 1, failed: 2, completedIndexes: '1', failedIndexes: '0' });
    expect(await conditions()).toEqual(['FailureTarget FailedIndexes', 'Failed FailedIndexes']);
  });

  test('ends at its deadline, counted anew from when it is resumed', async () => {
    await start({ activeDeadlineSeconds: 100 });
    await cluster.advance(60_000);
    await cluster.edit('jobs.batch', 'a', 'j', (one) => (one['spec'].suspend = true));
    await cluster.advance(3_600_000);
    expect(await pods()).toEqual([]);
    await cluster.edit('jobs.batch', 'a', 'j', (one) => (one['spec'].suspend = false));
    await cluster.advance(90_000);
    expect(await pods()).toHaveLength(1);
    await cluster.advance(11_000);
    expect(await conditions()).toEqual([
      'Suspended JobResumed',
      'FailureTarget DeadlineExceeded',
      'Failed DeadlineExceeded',
    ]);
    expect(await pods()).toEqual([]);
    expect(cluster.logs).toEqual([]);
  });
});
