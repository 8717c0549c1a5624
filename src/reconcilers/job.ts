import type { Job, Pod } from '../../schema/types.ts';
import { conditionOf } from '../control/conditions.ts';
import type { Context, Reconciler } from '../control/contract.ts';
import { controllerOf, splitKey } from '../control/keys.ts';
import { PodControl } from '../control/pod-control.ts';
import { POD_INDEXES } from '../control/pod-owner.ts';
import { labelMatcher } from '../control/selector.ts';
import { formatTime } from '../meta/time.ts';
import { isPodActive, isPodReady } from '../rules/pods.ts';
import { lookAgain } from './job-backoff.ts';
import { manage, untrack } from './job-pods.ts';
import { isFinished, jobCondition, type JobStatus } from './job-status.ts';
import { hasTracking, tally } from './job-tally.ts';
import { verdictOf, type Verdict } from './job-verdict.ts';
import { writeJobStatus } from './job-status-write.ts';

const RESOURCE = 'jobs.batch';

/** Runs pods until enough of them have succeeded. Ended pods carry a finalizer until they are counted (KEP-2307). */
export function job(): Reconciler {
  const control = new PodControl<typeof RESOURCE>({
    resource: RESOURCE,
    apiVersion: 'batch/v1',
    kind: 'Job',
    selects: ({ spec }) => labelMatcher(spec?.selector),
  });
  return {
    name: 'job',
    indexes: { pods: POD_INDEXES },
    watches: [
      { resource: RESOURCE, keys: (object, old) => control.ownerKeys(object, old) },
      { resource: 'pods', keys: (pod, old, ctx) => control.podKeys(pod, old, ctx) },
    ],
    async reconcile(key, ctx) {
      const { namespace, name } = splitKey(key);
      const found = ctx.informer(RESOURCE).get(namespace, name);
      if (!found) return untrack(podsOfGone(namespace, name, ctx), ctx);
      if (found.spec?.managedBy && found.spec.managedBy !== 'kubernetes.io/job-controller') return undefined;
      return sync({ ...found, apiVersion: 'batch/v1', kind: 'Job' }, control, ctx);
    },
  };
}

/** Pods of a job that is gone need no counting any more; the finalizer would keep them for ever. */
const podsOfGone = (namespace: string, name: string, ctx: Context): Pod[] =>
  ctx
    .informer('pods')
    .list(namespace)
    .filter((pod) => hasTracking(pod) && controllerOf(pod)?.kind === 'Job' && controllerOf(pod)?.name === name);

async function sync(object: Job, control: PodControl<typeof RESOURCE>, ctx: Context): Promise<void> {
  const settled = control.settled(object, ctx);
  const pods = await control.claim(object, ctx, isPodActive);
  if (isFinished(object) || object.metadata.deletionTimestamp) return untrack(pods, ctx);
  const now = ctx.clock.now();
  const status: JobStatus = {
    ...object.status,
    uncountedTerminatedPods: { ...object.status?.uncountedTerminatedPods },
  };
  if (!status.startTime && !object.spec?.suspend) status.startTime = formatTime(now);
  const current: Job = { ...object, status };
  const counts = tally(current, pods);
  const verdict = verdictOf(current, counts, now);
  const failure = settled ? await manage(current, counts, verdict, control, ctx) : undefined;
  if (verdict) noteVerdict(status, verdict, now);
  else suspendOrResume(current, status, now, ctx);
  status.ready = counts.active.filter(isPodReady).length;
  status.active = counts.active.length;
  status.terminating = counts.terminating.length;
  await writeJobStatus(current, status, counts, pods, verdict, ctx);
  lookAgain(current, counts, ctx);
  if (failure) throw failure;
}

function noteVerdict(status: JobStatus, { type, reason, message }: Verdict, now: number): void {
  if (conditionOf(status.conditions, type)) return;
  status.conditions = [...(status.conditions ?? []), jobCondition(type, reason, message, now)];
}

function suspendOrResume(object: Job, status: JobStatus, now: number, ctx: Context): void {
  const conditions = status.conditions ?? [];
  const old = conditionOf(conditions, 'Suspended');
  const set = (value: string, reason: string, message: string): void => {
    const condition = jobCondition('Suspended', reason, message, now, value);
    status.conditions = old ? conditions.map((item) => (item === old ? condition : item)) : [...conditions, condition];
  };
  if (object.spec?.suspend && old?.status !== 'True') {
    // the time of its start stays: it has run, so where its pods run is settled
    set('True', 'JobSuspended', 'Job suspended');
    ctx.events.event(object, 'Normal', 'Suspended', 'Job suspended');
  } else if (!object.spec?.suspend && old?.status === 'True') {
    set('False', 'JobResumed', 'Job resumed');
    status.startTime = formatTime(now);
    ctx.events.event(object, 'Normal', 'Resumed', 'Job resumed');
  }
}
