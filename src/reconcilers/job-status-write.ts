import type { Job, Pod } from '../../schema/types.ts';
import { unlessGone } from '../control/conflict.ts';
import type { Context } from '../control/contract.ts';
import { semanticEqual } from '../control/equal.ts';
import { formatTime } from '../meta/time.ts';
import { isPodActive } from '../rules/pods.ts';
import { isIndexed } from './job-indexes.ts';
import { untrack } from './job-pods.ts';
import { jobCondition, type JobStatus } from './job-status.ts';
import { indexFields, type Tally } from './job-tally.ts';
import type { Verdict } from './job-verdict.ts';

const RESOURCE = 'jobs.batch';

/**
 * Ended pods go through the status in two steps, so that none is lost or counted twice, wherever the process stops:
 * their uids are written (of indexed ones the indexes), then their finalizers go, then the numbers take their place.
 */
export async function writeJobStatus(
  object: Job,
  status: JobStatus,
  counts: Tally,
  pods: readonly Pod[],
  verdict: Verdict | undefined,
  ctx: Context,
): Promise<void> {
  const original = ctx.informer(RESOURCE).get(object.metadata.namespace ?? '', object.metadata.name)?.status ?? {};
  let latest = object;
  const write = async (next: JobStatus): Promise<void> => {
    const written = await unlessGone(ctx.client.update(RESOURCE, { ...latest, status: next }, 'status'));
    if (written) latest = { ...latest, metadata: written.metadata };
  };
  Object.assign(status, indexFields(object, counts));
  if (counts.ended.length > 0) {
    const { succeeded, failed } = counts.uncounted;
    await write({
      ...status,
      ...(isIndexed(object) && { succeeded: counts.succeeded }),
      uncountedTerminatedPods: { succeeded: [...succeeded], failed: [...failed] },
    });
    await untrack(counts.ended, ctx);
  }
  const next: JobStatus = {
    ...status,
    succeeded: counts.succeeded,
    failed: counts.failed,
    uncountedTerminatedPods: {},
  };
  const gone = pods.every((pod) => !isPodActive(pod) || counts.ended.includes(pod));
  // without a node and without the finalizer a deleted pod is gone at once
  const stays = (pod: Pod): boolean => !!pod.spec?.nodeName || !counts.ended.includes(pod);
  const left = counts.active.length + counts.terminating.filter(stays).length;
  if (verdict && gone && left === 0) finish(object, next, verdict, ctx);
  const zero = { active: 0, succeeded: 0, failed: 0, ready: 0, terminating: 0 };
  if (counts.ended.length > 0 || !semanticEqual({ ...zero, ...original }, next)) await write(next);
}

function finish(object: Job, status: JobStatus, verdict: Verdict, ctx: Context): void {
  const now = ctx.clock.now();
  const type = verdict.type === 'SuccessCriteriaMet' ? 'Complete' : 'Failed';
  status.conditions = [...(status.conditions ?? []), jobCondition(type, verdict.reason, verdict.message, now)];
  status.active = 0;
  status.terminating = 0;
  status.ready = 0;
  if (type === 'Complete') {
    status.completionTime = formatTime(now);
    if ((status.succeeded ?? 0) > (object.spec?.completions ?? Infinity)) {
      const message = 'Too many succeeded pods running after completion count reached';
      ctx.events.event(object, 'Warning', 'TooManySucceededPods', message);
    }
    ctx.events.event(object, 'Normal', 'Completed', 'Job completed');
  } else ctx.events.event(object, 'Warning', verdict.reason, verdict.message);
}
