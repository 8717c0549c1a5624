import type { CronJob, Job } from '../../../../schema/types.ts';
import { humanDuration } from '../../../meta/duration.ts';
import type { Printer } from '../printer.ts';
import { boolPointer, containerCells, count, formatSelector, NONE, since } from './shared.ts';

function completions({ spec, status }: Job): string {
  const succeeded = count(status?.succeeded);
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = count(spec?.parallelism);
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function statusOf({ metadata, status }: Job): string {
  const is = (type: string) => status?.conditions?.some((c) => c.type === type && c.status === 'True') ?? false;
  if (is('Complete')) return 'Complete';
  if (is('Failed')) return 'Failed';
  if (metadata.deletionTimestamp) return 'Terminating';
  for (const type of ['Suspended', 'FailureTarget', 'SuccessCriteriaMet']) if (is(type)) return type;
  return 'Running';
}

const jobs: Printer = (object, now) => {
  const job = object as unknown as Job;
  const { metadata, spec, status } = job;
  const end = status?.completionTime ? Date.parse(status.completionTime) : now;
  return [
    metadata.name,
    statusOf(job),
    completions(job),
    status?.startTime ? humanDuration(end - Date.parse(status.startTime)) : '',
    since(metadata.creationTimestamp, now),
    ...containerCells(spec?.template?.spec),
    formatSelector(spec?.selector),
  ];
};

const cronJobs: Printer = (object, now) => {
  const { metadata, spec, status } = object as unknown as CronJob;
  return [
    metadata.name,
    spec?.schedule ?? '',
    spec?.timeZone ?? NONE,
    boolPointer(spec?.suspend),
    status?.active?.length ?? 0,
    status?.lastScheduleTime ? since(status.lastScheduleTime, now) : NONE,
    since(metadata.creationTimestamp, now),
    ...containerCells(spec?.jobTemplate?.spec?.template?.spec),
    formatSelector(spec?.jobTemplate?.spec?.selector),
  ];
};

export const jobCells: Readonly<Record<string, Printer>> = { 'jobs.batch': jobs, 'cronjobs.batch': cronJobs };
