import type { CronSchedule } from './cron-schedule.ts';
import { zoneOffset } from './zone-offset.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
/** Days that are looked at before a schedule counts as one that never comes (a leap day comes within eight years, but robfig/cron looks for five). */
const MAX_DAYS = 5 * 366;

/**
 * The first time of a schedule after another: the first minute at which the zone's clocks show one of its times. So an
 * hour that the clocks skip has no times, and one that they show twice has them twice, as in robfig/cron.
 * @param after ms, exclusive; @param zone IANA name, where the schedule names none
 * @returns ms; undefined when none comes within five years
 * @throws RangeError for a zone that does not exist
 */
export function nextCronTime(schedule: CronSchedule, after: number, zone = 'UTC'): number | undefined {
  if (schedule.every !== undefined) return Math.floor(after / 1000) * 1000 + schedule.every;
  const where = schedule.zone ?? zone;
  const end = after + MAX_DAYS * DAY;
  for (let at = (Math.floor(after / MINUTE) + 1) * MINUTE; at <= end;) {
    const offset = zoneOffset(where, at);
    const shown = nextShown(schedule, at + offset);
    if (shown === undefined) return undefined;
    const time = shown - offset;
    if (zoneOffset(where, time) === offset) return time;
    at = changeBetween(where, at, time, offset);
  }
  return undefined;
}

/** The first time that clocks show from `from` on, in ms as if they showed UTC. */
function nextShown(schedule: CronSchedule, from: number): number | undefined {
  const today = Math.floor(from / DAY) * DAY;
  for (let day = today, n = 0; n <= MAX_DAYS; day += DAY, n++) {
    if (!isDay(schedule, day)) continue;
    const earliest = day === today ? (from - day) / MINUTE : 0;
    for (const hour of schedule.hours) {
      if (hour * 60 + 59 < earliest) continue;
      for (const minute of schedule.minutes)
        if (hour * 60 + minute >= earliest) return day + (hour * 60 + minute) * MINUTE;
    }
  }
  return undefined;
}

function isDay({ days, months, weekdays, bothDays }: CronSchedule, day: number): boolean {
  const date = new Date(day);
  if (!months.has(date.getUTCMonth() + 1)) return false;
  const [ofMonth, ofWeek] = [days.has(date.getUTCDate()), weekdays.has(date.getUTCDay())];
  return bothDays ? ofMonth && ofWeek : ofMonth || ofWeek;
}

/** The minute in (from, to] at which the zone's offset is no longer `offset`, as it is at `from` and is not at `to`. */
function changeBetween(zone: string, from: number, to: number, offset: number): number {
  let [before, behind] = [from, to];
  while (behind - before > MINUTE) {
    const middle = before + Math.floor((behind - before) / 2 / MINUTE) * MINUTE;
    if (zoneOffset(zone, middle) === offset) before = middle;
    else behind = middle;
  }
  return behind;
}
