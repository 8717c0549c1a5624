import type { CronJob, Job } from '../../schema/types.ts';
import type { Context, Reconciler } from '../control/contract.ts';
import { quote } from '../go/quote.ts';
import { errorMessage } from '../meta/error-message.ts';
import { timeMs } from '../meta/time.ts';
import { unlessGone } from '../control/conflict.ts';
import { semanticEqual } from '../control/equal.ts';
import { byController, controllerOf, controllerRef, keyFor, splitKey } from '../control/keys.ts';
import { isStatusError } from '../meta/status.ts';
import { formatTime } from '../meta/time.ts';
import { zoneOffset } from '../rules/zone-offset.ts';
import { scheduleTimes } from './cron-schedule.ts';
import { present } from '../meta/present.ts';

const RESOURCE = 'cronjobs.batch';
/** Added to the next time, so that a clock that runs a little fast does not wake the loop too early, ms. */
const SLACK = 100;

type CronStatus = NonNullable<CronJob['status']>;

/** Makes a Job at each time of a schedule, and keeps as many ended ones as asked. */
export const cronjob: Reconciler = {
  name: 'cronjob',
  indexes: { 'jobs.batch': { controller: byController } },
  watches: [
    { resource: RESOURCE },
    {
      resource: 'jobs.batch',
      *keys(job, old) {
        const owner = controllerOf((job ?? old)!);
        if (owner?.kind === 'CronJob') yield keyFor((job ?? old)!.metadata.namespace, owner.name);
      },
    },
  ],
  async reconcile(key, ctx) {
    const { namespace, name } = splitKey(key);
    const found = ctx.informer(RESOURCE).get(namespace, name);
    if (!found) return undefined;
    const cron: CronJob = { ...found, apiVersion: 'batch/v1', kind: 'CronJob' };
    const jobs = ctx.informer('jobs.batch').index('controller', cron.metadata.uid);
    const status: CronStatus = structuredClone(cron.status ?? {});
    await noteEnded(cron, status, jobs, ctx);
    await trim(cron, jobs, ctx);
    const next =
      cron.metadata.deletionTimestamp || cron.spec?.suspend ? undefined : await runDue(cron, status, jobs, ctx);
    if (!semanticEqual(cron.status, status)) {
      await unlessGone(ctx.client.update(RESOURCE, { ...cron, status }, 'status'));
    }
    return next === undefined ? undefined : { requeueAfter: Math.max(1, next - ctx.clock.now()) + SLACK };
  },
};

const endOf = (job: Job): { type: string; at: string | undefined } | undefined => {
  const condition = job.status?.conditions?.find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );
  return condition && { type: condition.type, at: job.status?.completionTime ?? condition.lastTransitionTime };
};

/**
 * Keeps the list of active jobs: ended ones and those that are gone leave it. One that the cache does not have may be too
 * new for it, so the API is asked.
 */
async function noteEnded(cron: CronJob, status: CronStatus, jobs: readonly Job[], ctx: Context): Promise<void> {
  const byUid = new Map(jobs.map((job) => [job.metadata.uid, job]));
  const active: NonNullable<CronStatus['active']> = [];
  for (const each of status.active ?? []) {
    const { uid = '', name = '' } = each;
    const job = byUid.get(uid) ?? (await unlessGone(ctx.client.get('jobs.batch', cron.metadata.namespace ?? '', name)));
    if (job?.metadata.uid !== uid) {
      ctx.events.event(cron, 'Normal', 'MissingJob', `Active job went missing: ${name}`);
      continue;
    }
    const end = endOf(job);
    if (end) ctx.events.event(cron, 'Normal', 'SawCompletedJob', `Saw completed job: ${name}, condition: ${end.type}`);
    else active.push(each);
  }
  await tellOfUnexpected(cron, active, jobs, ctx);
  status.active = active;
  for (const job of jobs) {
    const end = endOf(job);
    if (end?.type !== 'Complete' || !end.at) continue;
    if (!status.lastSuccessfulTime || timeMs(end.at) > timeMs(status.lastSuccessfulTime))
      status.lastSuccessfulTime = end.at;
  }
  if (status.active.length === 0) delete status.active;
}

/** A job that runs and is not among the active ones was made by somebody else, or the cache's list of them is old. */
async function tellOfUnexpected(
  cron: CronJob,
  active: NonNullable<CronStatus['active']>,
  jobs: readonly Job[],
  ctx: Context,
): Promise<void> {
  const isListed = (list: CronStatus['active'], job: Job): boolean =>
    !!list?.some(({ uid }) => uid === job.metadata.uid);
  for (const job of jobs) {
    if (endOf(job) || isListed(active, job)) continue;
    const live = await unlessGone(ctx.client.get(RESOURCE, cron.metadata.namespace ?? '', cron.metadata.name));
    if (!live || isListed(live.status?.active, job)) continue;
    const message = `Saw a job that the controller did not create or forgot: ${job.metadata.name}`;
    ctx.events.event(cron, 'Warning', 'UnexpectedJob', message);
  }
}

async function trim(cron: CronJob, jobs: readonly Job[], ctx: Context): Promise<void> {
  const limits = { Complete: cron.spec?.successfulJobsHistoryLimit, Failed: cron.spec?.failedJobsHistoryLimit };
  for (const [type, limit] of Object.entries(limits)) {
    if (limit === undefined) continue;
    const ended = jobs.filter((job) => endOf(job)?.type === type && !job.metadata.deletionTimestamp);
    ended.sort(
      (a, b) =>
        timeMs(a.status?.startTime ?? a.metadata.creationTimestamp) -
        timeMs(b.status?.startTime ?? b.metadata.creationTimestamp),
    );
    for (const job of ended.slice(0, Math.max(0, ended.length - limit))) await remove(cron, job, ctx);
  }
}

async function remove(cron: CronJob, job: Job, ctx: Context): Promise<void> {
  const { namespace = '', name, uid } = job.metadata;
  await unlessGone(ctx.client.delete('jobs.batch', namespace, name, { propagationPolicy: 'Background', uid }));
  ctx.events.event(cron, 'Normal', 'SuccessfulDelete', `Deleted job ${name}`);
}

const zoneInSchedule = (schedule: string): string =>
  `CRON_TZ or TZ used in schedule ${quote(schedule)} is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details`;

function isZone(name: string): boolean {
  try {
    zoneOffset(name, 0);
    return true;
  } catch {
    return false;
  }
}

/** Makes the job of the latest time that has come. Returns the next time, ms; undefined where there is none. */
async function runDue(
  cron: CronJob,
  status: CronStatus,
  jobs: readonly Job[],
  ctx: Context,
): Promise<number | undefined> {
  const now = ctx.clock.now();
  const deadline = cron.spec?.startingDeadlineSeconds;
  const since = Math.max(
    timeMs(status.lastScheduleTime ?? cron.metadata.creationTimestamp),
    deadline === undefined ? 0 : now - deadline * 1000,
  );
  const { schedule, timeZone } = cron.spec!;
  const warn = (reason: string, message: string): void => ctx.events.event(cron, 'Warning', reason, message);
  if (timeZone !== undefined && !isZone(timeZone)) {
    warn('UnknownTimeZone', `invalid timeZone: ${quote(timeZone)}: unknown time zone ${timeZone}`);
    return undefined;
  }
  if (schedule.includes('TZ')) warn('UnsupportedSchedule', zoneInSchedule(schedule));
  let times: ReturnType<typeof scheduleTimes>;
  try {
    times = scheduleTimes(schedule, timeZone, since, now);
  } catch (error) {
    warn('UnparseableSchedule', `unparseable schedule: ${quote(schedule)} : ${errorMessage(error)}`);
    return undefined;
  }
  if (times.never) {
    const why = 'time difference between two schedules is less than 1 second';
    warn('InvalidSchedule', `invalid schedule: ${schedule} : ${why}`);
    return undefined;
  }
  if (times.tooMany) {
    const advice = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
    warn('TooManyMissedTimes', advice);
  }
  if (times.latest === undefined) return times.next;
  const policy = cron.spec?.concurrencyPolicy;
  if (policy === 'Forbid' && status.active?.length) {
    ctx.events.event(
      cron,
      'Normal',
      'JobAlreadyActive',
      'Not starting job because prior execution is running and concurrency policy is Forbid',
    );
    return times.next;
  }
  if (policy === 'Replace') {
    for (const { uid } of status.active ?? []) {
      const job = jobs.find(({ metadata }) => metadata.uid === uid);
      if (job) await remove(cron, job, ctx);
    }
    delete status.active;
  }
  await start(cron, status, times.latest, ctx);
  return times.next;
}

async function start(cron: CronJob, status: CronStatus, time: number, ctx: Context): Promise<void> {
  const template = cron.spec!.jobTemplate;
  const zone = cron.spec?.timeZone;
  const name = `${cron.metadata.name}-${Math.floor(time / 60_000)}`;
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      namespace: cron.metadata.namespace,
      labels: { ...template.metadata?.labels },
      annotations: {
        ...template.metadata?.annotations,
        'batch.kubernetes.io/cronjob-scheduled-timestamp': inZone(time, zone),
      },
      ownerReferences: [controllerRef(cron, 'batch/v1', 'CronJob')],
    },
    ...(template.spec && { spec: structuredClone(template.spec) }),
  };
  let created: Job | undefined;
  try {
    created = await ctx.client.create('jobs.batch', job);
    ctx.events.event(cron, 'Normal', 'SuccessfulCreate', `Created job ${name}`);
  } catch (error) {
    if (!isStatusError(error, 'AlreadyExists')) {
      ctx.events.event(cron, 'Warning', 'FailedCreate', `Error creating job: ${errorMessage(error)}`);
      throw error;
    }
    // Made before, by an attempt whose status was not written.
    created = await unlessGone(ctx.client.get('jobs.batch', cron.metadata.namespace ?? '', name));
    if (!created || controllerOf(created)?.uid !== cron.metadata.uid) return;
  }
  status.lastScheduleTime = formatTime(time);
  const { namespace, uid, resourceVersion } = created.metadata;
  if (!status.active?.some((active) => active.uid === uid) && !endOf(created)) {
    status.active = [
      ...(status.active ?? []),
      present({ apiVersion: 'batch/v1', kind: 'Job', namespace, name, uid, resourceVersion }),
    ];
  }
}

/** RFC 3339 with the offset that the zone has at this time; UTC without a zone. */
function inZone(time: number, zone: string | undefined): string {
  if (!zone) return formatTime(time);
  const minutes = zoneOffset(zone, time) / 60_000;
  if (minutes === 0) return formatTime(time);
  const two = (value: number): string => String(value).padStart(2, '0');
  const ahead = Math.abs(minutes);
  const offset = `${minutes < 0 ? '-' : '+'}${two(Math.floor(ahead / 60))}:${two(Math.floor(ahead % 60))}`;
  return formatTime(time + minutes * 60_000).replace('Z', offset);
}
