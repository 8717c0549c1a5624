import type { Job, JobCondition } from '../../schema/types.ts';
import { formatTime } from '../meta/time.ts';

export type JobStatus = NonNullable<Job['status']>;

export const isFinished = (job: Job): boolean =>
  (job.status?.conditions ?? []).some(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );

export const jobCondition = (
  type: string,
  reason: string,
  message: string,
  now: number,
  status = 'True',
): JobCondition => {
  const time = formatTime(now);
  return { type, status, lastProbeTime: time, lastTransitionTime: time, reason, message };
};
