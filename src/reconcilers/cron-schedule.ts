import { parseCronSchedule } from '../rules/cron-schedule.ts';
import { nextCronTime } from '../rules/cron-times.ts';

/** Missed times that are stepped through one by one; more than that are counted as too many, and only the last matters. */
const MAX_MISSED = 100;
/** ms, the first distance at which the last time before now is looked for; doubled until there is one */
const FIRST_STEP = 60_000;

/**
 * The times of a schedule around now.
 * @param zone IANA name; undefined is UTC
 * @param since ms, exclusive; @param now ms
 * @returns ms: `latest` that has come since, undefined when none has; `next` to come, undefined when none will; `never`
 *   when none has come since and none will (31 February)
 * @throws Error for a schedule or zone that cannot be read
 */
export function scheduleTimes(
  schedule: string,
  zone: string | undefined,
  since: number,
  now: number,
): { latest: number | undefined; next: number | undefined; tooMany: boolean; never: boolean } {
  const parsed = parseCronSchedule(schedule);
  if (parsed.every !== undefined) {
    const { every } = parsed;
    const latest = now - since >= every ? since + Math.floor((now - since) / every) * every : undefined;
    return { latest, next: (latest ?? since) + every, tooMany: false, never: false };
  }
  const after = (time: number): number | undefined => nextCronTime(parsed, time, zone);
  const next = after(now);
  let latest: number | undefined;
  for (let missed = 0, time = after(since); missed <= MAX_MISSED; missed++) {
    if (time === undefined || time > now)
      return { latest, next, tooMany: false, never: time === undefined && missed === 0 };
    latest = time;
    time = after(time);
  }
  return { latest: lastUntil(now, after), next, tooMany: true, never: false };
}

/** There is one: some have been missed. */
function lastUntil(now: number, after: (time: number) => number | undefined): number | undefined {
  let last: number | undefined;
  for (let step = FIRST_STEP; last === undefined; step *= 2) {
    for (let time = after(now - step); time !== undefined && time <= now; time = after(time)) last = time;
  }
  return last;
}
