import { invalid, required, type FieldError, type Path } from '../../../meta/field.ts';
import { parseCronSchedule, ScheduleError } from '../../../rules/cron-schedule.ts';

/** A time zone in the schedule is no longer taken: `timeZone` has it. */
export function validateSchedule(schedule: string | undefined, at: Path): FieldError[] {
  if (!schedule) return [required(at)];
  const errors: FieldError[] = [];
  try {
    parseCronSchedule(schedule);
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    errors.push(invalid(at, schedule, error.message));
  }
  if (schedule.includes('TZ'))
    errors.push(invalid(at, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'));
  return errors;
}
