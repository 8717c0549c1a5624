import { afterEach, describe, expect, it } from 'vitest';
import { job } from '../../src/reconcilers/job.ts';
import { internalError } from '../../src/meta/status.ts';
import { startCluster, type Cluster } from '../support/cluster.ts';
import { nth } from '../support/faulty-transport.ts';

describe('job', () => {
  let cluster: Cluster;
  afterEach(() => cluster.stop());
  const start = async (spec: Record<string, unknown>) => {
    cluster = await startCluster([job()]);
    await cluster.put('jobs.batch', {
      metadata: { name: 'j', namespace: 'a' },
      spec: {
        parallelism: 1,
        completions: 1,
        backoffLimit: 6,
        template: {
          metadata: { labels: { j: '1' } },
          spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x' }] },
        },
        ...spec,
      },
    });
    await cluster.advance();
  };
  const status = async () => (await cluster.list('jobs.batch'))[0]!['status'];
  const end = async (phase: string) => {
    for (const pod of await cluster.list('pods')) {
      if (pod['status'].phase === 'Pending')
        await cluster.edit('pods', 'a', pod.metadata.name, (object) => (object['status'] = { phase }), 'status');
    }
    await cluster.advance(10);
  };
  const conditions = async () =>
    (await status()).conditions.map(
      ({ type, status: value, reason }: Record<string, string>) => `${type} ${value} ${reason}`,
    );

  it('runs pods until enough have succeeded', async () => {
    await start({ completions: 3, parallelism: 2 });
    expect(await cluster.list('pods')).toHaveLength(2);
    await end('Succeeded');
    await end('Succeeded');
    expect(await conditions()).toEqual([
      'SuccessCriteriaMet True CompletionsReached',
      'Complete True CompletionsReached',
    ]);
    expect(await status()).toMatchObject({ succeeded: 3, ready: 0, terminating: 0, uncountedTerminatedPods: {} });
    expect((await cluster.list('pods')).every((pod) => !pod.metadata.finalizers?.length)).toBe(true);
    expect(await cluster.events()).toContain('Normal Completed Job Job completed');
  });

  it('gives up after the back-off limit', async () => {
    await start({ backoffLimit: 1 });
    await end('Failed');
    await cluster.advance(30_000);
    await end('Failed');
    await cluster.advance(60_000);
    expect(await conditions()).toEqual(['FailureTarget True BackoffLimitExceeded', 'Failed True BackoffLimitExceeded']);
    expect((await status()).failed).toBe(2);
  });

  it('ends at its deadline and takes its pods with it', async () => {
    await start({ activeDeadlineSeconds: 2 });
    await cluster.advance(3000);
    expect(await conditions()).toEqual(['FailureTarget True DeadlineExceeded', 'Failed True DeadlineExceeded']);
    expect((await status()).failed).toBe(1);
    expect(await cluster.list('pods')).toEqual([]);
  });

  it('makes no pods while suspended, and goes on when resumed', async () => {
    await start({ suspend: true });
    expect(await cluster.list('pods')).toEqual([]);
    expect(await conditions()).toEqual(['Suspended True JobSuspended']);
    await cluster.edit('jobs.batch', 'a', 'j', (object) => (object['spec'].suspend = false));
    await cluster.advance(10);
    await end('Succeeded');
    expect(await conditions()).toEqual([
      'Suspended False JobResumed',
      'SuccessCriteriaMet True CompletionsReached',
      'Complete True CompletionsReached',
    ]);
  });

  it('does not count the pods that it takes away itself', async () => {
    await start({ parallelism: 2, completions: 4 });
    await cluster.runPods();
    await cluster.edit('jobs.batch', 'a', 'j', (object) => (object['spec'].parallelism = 1));
    await cluster.advance(10);
    await cluster.edit('jobs.batch', 'a', 'j', (object) => (object['spec'].suspend = true));
    await cluster.advance(10);
    expect(await status()).toMatchObject({ uncountedTerminatedPods: {} });
    expect((await status()).failed).toBeUndefined();
    expect(await cluster.list('pods')).toEqual([]);
  });

  it.each([
    ['counts a pod that is deleted as failed, and replaces it at once', undefined, [1, 2]],
    ['waits for the end of one where only failed ones are replaced', 'Failed', [undefined, 1]],
  ])('%s', async (_what, podReplacementPolicy, [failed, pods]) => {
    await start({ podReplacementPolicy });
    const [pod] = await cluster.list('pods');
    const target = { apiVersion: 'v1', kind: 'Node', name: 'n1' };
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name: pod!.metadata.name, namespace: 'a' },
      target,
    };
    await cluster.client.create('pods', binding, { subresource: 'binding', name: pod!.metadata.name });
    await cluster.runPods();
    await cluster.client.delete('pods', 'a', pod!.metadata.name);
    await cluster.advance(60_000);
    expect((await status()).failed).toBe(failed);
    expect(await cluster.list('pods')).toHaveLength(pods!);
  });

  it.each([0, 30])(
    'counts a running pod that is deleted with %i seconds of grace as failed',
    async (gracePeriodSeconds) => {
      await start({ podFailurePolicy: { rules: [] } });
      const [pod] = await cluster.list('pods');
      const { name } = pod!.metadata;
      const target = { apiVersion: 'v1', kind: 'Node', name: 'n1' };
      const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace: 'a' }, target };
      await cluster.client.create('pods', binding, { subresource: 'binding', name });
      await cluster.runPods();
      await cluster.client.delete('pods', 'a', name, { gracePeriodSeconds });
      await cluster.advance(10);
      // only its node can tell how it ended
      expect((await status()).failed).toBeUndefined();
      await cluster.edit('pods', 'a', name, (object) => (object['status'].phase = 'Failed'), 'status');
      await cluster.reapPods();
      await cluster.advance(20_000);
      expect((await status()).failed).toBe(1);
      expect((await cluster.list('pods')).map(({ metadata }) => metadata.name)).not.toContain(name);
    },
  );

  it('keeps the time of its start while it is suspended, and where its pods run', async () => {
    await start({});
    const { startTime } = await status();
    await cluster.advance(5000);
    await cluster.edit('jobs.batch', 'a', 'j', (object) => (object['spec'].suspend = true));
    await cluster.advance(10);
    expect((await status()).startTime).toBe(startTime);
    const move = () =>
      cluster.edit('jobs.batch', 'a', 'j', (object) => (object['spec'].template.spec.nodeSelector = { disk: 'ssd' }));
    await expect(move()).rejects.toThrow('field is immutable');
    await cluster.edit('jobs.batch', 'a', 'j', (object) => (object['spec'].suspend = false));
    await cluster.advance(10);
    expect((await status()).startTime).not.toBe(startTime);
  });

  it('may be moved while it waits and has never run', async () => {
    await start({ suspend: true });
    await cluster.edit(
      'jobs.batch',
      'a',
      'j',
      (object) => (object['spec'].template.spec.nodeSelector = { disk: 'ssd' }),
    );
    await cluster.edit('jobs.batch', 'a', 'j', (object) => (object['spec'].suspend = false));
    await cluster.advance(10);
    expect((await cluster.list('pods'))[0]!['spec'].nodeSelector).toEqual({ disk: 'ssd' });
  });

  it('gives each pod of an indexed job an index of its own', async () => {
    await start({ completions: 3, parallelism: 3, completionMode: 'Indexed' });
    expect(
      (await cluster.list('pods'))
        .map((pod) => pod.metadata.annotations!['batch.kubernetes.io/job-completion-index'])
        .sort(),
    ).toEqual(['0', '1', '2']);
    await end('Succeeded');
    expect((await status()).completedIndexes).toBe('0-2');
    expect(await conditions()).toContain('Complete True CompletionsReached');
    expect(cluster.logs).toEqual([]);
  });

  it('takes 1,200 pods away at its deadline, without waiting for what was expected to expire', async () => {
    await start({ parallelism: 1200, completions: 1200, activeDeadlineSeconds: 60 });
    expect(await cluster.list('pods')).toHaveLength(1200);
    await cluster.advance(61_000);
    expect(await cluster.list('pods')).toEqual([]);
    expect(await conditions()).toEqual(['FailureTarget True DeadlineExceeded', 'Failed True DeadlineExceeded']);
  });

  it('goes on when a pod could not be deleted', async () => {
    await start({ parallelism: 3, completions: 3, activeDeadlineSeconds: 60 });
    cluster.transport.before = nth(
      1,
      ({ verb, resource }) => verb === 'delete' && resource === 'pods',
      () => internalError('no'),
    );
    await cluster.advance(61_000);
    expect(await cluster.list('pods')).toEqual([]);
    expect(await cluster.events()).toContain('Warning FailedDelete Job Error deleting: Internal error occurred: no');
    expect(await conditions()).toContain('Failed True DeadlineExceeded');
  });

  it('does not count pods as failed that end because it is suspended', async () => {
    await start({ parallelism: 3, completions: 3, backoffLimit: 1 });
    await cluster.runPods();
    await cluster.edit('jobs.batch', 'a', 'j', (object) => (object['spec'].suspend = true));
    await cluster.advance(10);
    for (const pod of await cluster.list('pods')) {
      expect(pod.metadata.finalizers ?? []).toEqual([]);
      await cluster.edit('pods', 'a', pod.metadata.name, (object) => (object['status'].phase = 'Failed'), 'status');
    }
    await cluster.reapPods();
    expect(await conditions()).toEqual(['Suspended True JobSuspended']);
    expect((await status()).failed ?? 0).toBe(0);
  });
});
