import { method, type Library, type Overload } from '../overload.ts';
import { DURATION, INT, STRING, TIMESTAMP } from '../types.ts';
import { CelError, whole, type Duration, type Timestamp, type Value } from '../values.ts';
import { zoneOffset } from '../time.ts';

const DAY = 86_400_000;
type Part = (date: Date, nanos: number) => number;

/** A part of a time, in UTC or in a zone. */
function part(id: string, of: Part, withZone = `${id}_with_tz`): Overload[] {
  const at = (time: Timestamp, offset: number): number => of(new Date((time.seconds + offset) * 1000), time.nanos);
  return [
    method(id, [TIMESTAMP], INT, (time: Timestamp) => at(time, 0)),
    method(withZone, [TIMESTAMP, STRING], INT, (time: Timestamp, zone: string): Value => {
      const offset = zoneOffset(zone, time);
      return offset instanceof CelError ? offset : at(time, offset);
    }),
  ];
}
/** A whole number of a unit, in nanoseconds. */
const total = (id: string, unit: bigint): Overload =>
  method(id, [DURATION], INT, ({ nanos }: Duration) => whole(nanos / unit));
const yearStart = (date: Date): number => {
  const start = new Date(0);
  start.setUTCFullYear(date.getUTCFullYear(), 0, 1);
  return start.getTime();
};

export const times: Library = {
  getFullYear: part('timestamp_to_year', (date) => date.getUTCFullYear()),
  getMonth: part('timestamp_to_month', (date) => date.getUTCMonth()),
  getDayOfYear: part('timestamp_to_day_of_year', (date) => Math.floor((date.getTime() - yearStart(date)) / DAY)),
  getDayOfMonth: part('timestamp_to_day_of_month', (date) => date.getUTCDate() - 1),
  getDate: part('timestamp_to_day_of_month_1_based', (date) => date.getUTCDate()),
  getDayOfWeek: part('timestamp_to_day_of_week', (date) => date.getUTCDay()),
  getHours: [
    ...part('timestamp_to_hours', (date) => date.getUTCHours()),
    total('duration_to_hours', 3_600_000_000_000n),
  ],
  getMinutes: [
    ...part('timestamp_to_minutes', (date) => date.getUTCMinutes()),
    total('duration_to_minutes', 60_000_000_000n),
  ],
  getSeconds: [
    ...part('timestamp_to_seconds', (date) => date.getUTCSeconds(), 'timestamp_to_seconds_tz'),
    total('duration_to_seconds', 1_000_000_000n),
  ],
  getMilliseconds: [
    ...part('timestamp_to_milliseconds', (_, nanos) => Math.floor(nanos / 1e6)),
    total('duration_to_milliseconds', 1_000_000n),
  ],
};
