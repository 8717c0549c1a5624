import { afterEach, describe, expect, test } from 'vitest';
import { cronjob } from '../../src/reconcilers/cronjob.ts';
import { startCluster, type Cluster } from '../support/cluster.ts';
import { FakeClock } from '../support/fake-clock.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
let cluster: Cluster;
afterEach(() => cluster.stop());

async function start(spec: Record<string, unknown>, at = '2026-01-01T00:00:00Z'): Promise<void> {
  cluster = await startCluster(() => [cronjob], { clock: new FakeClock(Date.parse(at)) });
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x:1' }] } };
  await cluster.put('cronjobs.batch', {
    metadata: { name: 'c', namespace: 'a' },
    spec: { successfulJobsHistoryLimit: 100, ...spec, jobTemplate: { spec: { template } } },
  });
  await cluster.advance();
}
/** When each job was meant to run, in UTC. */
const times = async (): Promise<string[]> =>
  (await cluster.list('jobs.batch')).map(
    ({ metadata }) => `${new Date(Number(metadata.name.slice(2)) * MINUTE).toISOString().slice(5, 16)}Z`,
  );
const finish = async (): Promise<void> => {
  const at = new Date(cluster.clock.now()).toISOString().replace(/\.\d+/, '');
  for (const { metadata, ...job } of await cluster.list('jobs.batch')) {
    const { status: old } = job as { status?: { conditions?: unknown } };
    if (old?.conditions) continue;
    const conditions = ['SuccessCriteriaMet', 'Complete'].map((type) => ({
      type,
      status: 'True',
      lastTransitionTime: at,
    }));
    const status = { startTime: at, completionTime: at, succeeded: 1, conditions };
    await cluster.client.patch('jobs.batch', 'a', metadata.name, { status }, { subresource: 'status' });
  }
  await cluster.advance();
};
const change = (spec: Record<string, unknown>): Promise<unknown> =>
  cluster.client.patch('cronjobs.batch', 'a', 'c', { spec }).then(() => cluster.advance());

describe('a CronJob', () => {
  test.each([
    [
      '0 0 31 2 *',
      'InvalidSchedule invalid schedule: 0 0 31 2 * : time difference between two schedules is less than 1 second',
    ],
    [
      '59 23 30 2 *',
      'InvalidSchedule invalid schedule: 59 23 30 2 * : time difference between two schedules is less than 1 second',
    ],
  ])('tells of a schedule that never comes: %s', async (schedule, message) => {
    await start({ schedule });
    await cluster.advance(DAY);
    expect(await times()).toEqual([]);
    expect((await cluster.events()).filter((line) => line.startsWith('Warning'))).toEqual([
      expect.stringContaining(message.replace('InvalidSchedule ', 'InvalidSchedule CronJob ')),
    ]);
  });

  test('tells of a job that it did not make', async () => {
    await start({ schedule: '0 */8 * * *' });
    await cluster.advance(8 * HOUR + MINUTE);
    const unexpected = async () => (await cluster.events()).filter((line) => line.includes('UnexpectedJob'));
    expect(await unexpected()).toEqual([]);
    const { uid } = (await cluster.client.get('cronjobs.batch', 'a', 'c')).metadata;
    const owner = { apiVersion: 'batch/v1', kind: 'CronJob', name: 'c', uid, controller: true };
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x:1' }] } };
    await cluster.put('jobs.batch', {
      metadata: { name: 'mine', namespace: 'a', ownerReferences: [owner] },
      spec: { template },
    });
    await cluster.advance(10);
    expect(await unexpected()).toEqual([
      'Warning UnexpectedJob CronJob Saw a job that the controller did not create or forgot: mine',
    ]);
    const { status } = await cluster.client.get('cronjobs.batch', 'a', 'c');
    expect(status?.active?.map(({ name }) => name)).not.toContain('mine');
  });

  test('runs at each time of three days', async () => {
    await start({ schedule: '0 */8 * * *' });
    await cluster.advance(3 * DAY + MINUTE);
    expect(await times()).toEqual([
      '01-01T08:00Z',
      '01-01T16:00Z',
      '01-02T00:00Z',
      '01-02T08:00Z',
      '01-02T16:00Z',
      '01-03T00:00Z',
      '01-03T08:00Z',
      '01-03T16:00Z',
      '01-04T00:00Z',
    ]);
    expect(cluster.logs).toEqual([]);
  });

  test.each([
    [
      'has no time in an hour that the clocks skip',
      '2026-03-07T12:00:00Z',
      ['03-09T06:30Z', '03-10T06:30Z'],
      '30 2 * * *',
    ],
    [
      'has its time twice in an hour that they show twice',
      '2026-10-31T12:00:00Z',
      ['11-01T05:30Z', '11-01T06:30Z', '11-02T06:30Z', '11-03T06:30Z'],
      '30 1 * * *',
    ],
  ])('%s', async (_what, at, wanted, schedule) => {
    await start({ schedule, timeZone: 'America/New_York' }, at);
    await cluster.advance(3 * DAY);
    expect(await times()).toEqual(wanted);
  });

  test('runs the last of the times that it has missed, once', async () => {
    await start({ schedule: '*/10 * * * *' });
    await cluster.die();
    await cluster.advance(HOUR + 5 * MINUTE);
    cluster.start();
    await cluster.advance(MINUTE);
    expect(await times()).toEqual(['01-01T01:00Z']);
    await cluster.advance(10 * MINUTE);
    expect(await times()).toEqual(['01-01T01:00Z', '01-01T01:10Z']);
  });

  test('skips what is too late for its deadline', async () => {
    await start({ schedule: '0 * * * *', startingDeadlineSeconds: 60 });
    await cluster.die();
    await cluster.advance(HOUR + 5 * MINUTE);
    cluster.start();
    await cluster.advance(MINUTE);
    expect(await times()).toEqual([]);
    await cluster.advance(HOUR);
    expect(await times()).toEqual(['01-01T02:00Z']);
  });

  test('tells that it has missed too many, and runs the last one', async () => {
    await start({ schedule: '* * * * *' });
    await cluster.die();
    await cluster.advance(3 * HOUR);
    cluster.start();
    await cluster.advance();
    expect(await times()).toEqual(['01-01T03:00Z']);
    expect(await cluster.events()).toContain(
      'Warning TooManyMissedTimes CronJob too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
    );
  });

  test('does not start another one where that is forbidden, and does when the last has ended', async () => {
    await start({ schedule: '0 * * * *', concurrencyPolicy: 'Forbid' });
    await cluster.advance(2 * HOUR + MINUTE);
    expect(await times()).toEqual(['01-01T01:00Z']);
    expect(await cluster.events()).toContain(
      'Normal JobAlreadyActive CronJob Not starting job because prior execution is running and concurrency policy is Forbid',
    );
    await finish();
    // the time that was held back is made up for
    expect(await times()).toEqual(['01-01T01:00Z', '01-01T02:00Z']);
  });

  test('puts a new one in the place of the last', async () => {
    await start({ schedule: '0 * * * *', concurrencyPolicy: 'Replace' });
    await cluster.advance(2 * HOUR + MINUTE);
    expect(await times()).toEqual(['01-01T02:00Z']);
    const [cron] = await cluster.list('cronjobs.batch');
    expect(cron!['status'].active).toMatchObject([{ name: expect.stringMatching(/^c-/) }]);
    expect(await cluster.told('CronJob')).toEqual(['Normal SuccessfulCreate ×2', 'Normal SuccessfulDelete ×1']);
  });

  test('rests while it is suspended, and goes on with the last time that it has missed', async () => {
    await start({ schedule: '0 * * * *', suspend: true });
    await cluster.advance(3 * HOUR + MINUTE);
    expect(await times()).toEqual([]);
    await change({ suspend: false });
    expect(await times()).toEqual(['01-01T03:00Z']);
  });

  test('keeps as many ended jobs as it is told', async () => {
    await start({ schedule: '0 * * * *', successfulJobsHistoryLimit: 2 });
    for (let n = 0; n < 4; n++) {
      await cluster.advance(HOUR);
      await cluster.advance(MINUTE);
      await finish();
    }
    expect(await times()).toEqual(['01-01T03:00Z', '01-01T04:00Z']);
    const [cron] = await cluster.list('cronjobs.batch');
    expect(cron!['status']).toMatchObject({
      lastScheduleTime: '2026-01-01T04:00:00Z',
      lastSuccessfulTime: '2026-01-01T04:04:00Z',
    });
    expect(cron!['status'].active).toBeUndefined();
  });
});
