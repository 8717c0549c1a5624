import type { Job, Pod } from '../../schema/types.ts';
import type { Context } from '../control/contract.ts';
import { keyOf } from '../control/keys.ts';
import { timeMs } from '../meta/time.ts';
import type { Tally } from './job-tally.ts';

/** Wait after a failed pod, ms: doubled by each further one. */
const FIRST_BACKOFF = 10_000;
const LAST_BACKOFF = 600_000;

/** ms until the next pod may be made after the last one failed. */
export function backoff(object: Job, counts: Tally, ctx: Context): number {
  const failures = counts.ended.filter((pod) => pod.status?.phase === 'Failed');
  const failed = Math.max(failures.length, counts.failed);
  if (failed === 0 || object.spec?.template?.spec?.restartPolicy === 'OnFailure') return 0;
  const all = ctx
    .informer('pods')
    .index('controller', object.metadata.uid)
    .filter((pod) => pod.status?.phase === 'Failed');
  const last = Math.max(...all.map(endOf), 0);
  return last + Math.min(LAST_BACKOFF, FIRST_BACKOFF * 2 ** Math.min(failed - 1, 16)) - ctx.clock.now();
}

const endOf = (pod: Pod): number => {
  const times = (pod.status?.containerStatuses ?? [])
    .map(({ state }) => timeMs(state?.terminated?.finishedAt))
    .filter((time) => !Number.isNaN(time));
  return times.length ? Math.max(...times) : timeMs(pod.metadata.deletionTimestamp ?? pod.metadata.creationTimestamp);
};

/** Looks again when the deadline or the back-off is over, of which no event tells. */
export function lookAgain(object: Job, counts: Tally, ctx: Context): void {
  const key = keyOf(object);
  const deadline = object.spec?.activeDeadlineSeconds;
  const start = timeMs(object.status?.startTime);
  if (deadline !== undefined && !Number.isNaN(start) && !object.spec?.suspend)
    ctx.enqueueAfter(key, Math.max(1, start + deadline * 1000 - ctx.clock.now()));
  const wait = backoff(object, counts, ctx);
  if (wait > 0) ctx.enqueueAfter(key, wait);
}
