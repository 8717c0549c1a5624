import { CronExpressionParser } from 'cron-parser';

/** Missed times that are stepped through one by one; more than that are counted as too many, and only the last matters. */
const MAX_MISSED = 100;

/**
 * The times of a schedule around now.
 * @param zone IANA name; undefined is UTC
 * @param since ms, exclusive; @param now ms
 * @returns ms: `latest` that has come since, undefined when none has; `next` to come
 * @throws Error for a schedule or zone that cannot be read
 */
export function scheduleTimes(
  schedule: string,
  zone: string | undefined,
  since: number,
  now: number,
): { latest: number | undefined; next: number; tooMany: boolean } {
  const prefixed = /^(?:CRON_)?TZ=(\S+)\s+(.*)$/.exec(schedule);
  const expression = everyOf(prefixed?.[2] ?? schedule);
  if (typeof expression === 'number') {
    const latest = now - since >= expression ? since + Math.floor((now - since) / expression) * expression : undefined;
    return { latest, next: (latest ?? since) + expression, tooMany: false };
  }
  const tz = zone ?? prefixed?.[1] ?? 'UTC';
  const parse = (currentDate: number) =>
    CronExpressionParser.parse(expression, { currentDate: new Date(currentDate), tz });
  const next = parse(now).next().getTime();
  let latest: number | undefined;
  const steps = parse(since);
  for (let missed = 0; missed <= MAX_MISSED; missed++) {
    const time = steps.next().getTime();
    if (time > now) return { latest, next, tooMany: false };
    latest = time;
  }
  // prev() is exclusive: one ms later, a time that is exactly now counts.
  return {
    latest: parse(now + 1)
      .prev()
      .getTime(),
    next,
    tooMany: true,
  };
}

const UNITS: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000 };

/** `@every 1h30m` is an interval in ms; anything else is for the parser. */
function everyOf(schedule: string): string | number {
  const match = /^@every\s+((?:\d+[hms])+)$/.exec(schedule);
  if (!match) return schedule;
  let total = 0;
  for (const [, count, unit] of match[1]!.matchAll(/(\d+)([hms])/g)) total += Number(count) * UNITS[unit!]!;
  return total;
}
