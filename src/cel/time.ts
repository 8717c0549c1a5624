import { CelError, Duration, error, MAX_INT, MIN_INT, Timestamp, type Value } from './values.ts';
import { work } from './work.ts';

/** Seconds since 1970 of year 1 and of the end of year 9999. */
const FIRST = -62_135_596_800;
const LAST = 253_402_300_799;
const GIGA = 1_000_000_000n;
const OVERFLOW = error('timestamp overflow');

export function timestampOf(seconds: number, nanos = 0, zone = 0): Timestamp | CelError {
  return seconds < FIRST || seconds > LAST ? OVERFLOW : new Timestamp(seconds, nanos, zone);
}
const nanosOf = ({ seconds, nanos }: Timestamp): bigint => BigInt(seconds) * GIGA + BigInt(nanos);
export function addDuration(time: Timestamp, nanos: bigint): Value {
  const sum = nanosOf(time) + nanos;
  const rest = ((sum % GIGA) + GIGA) % GIGA;
  return timestampOf(Number((sum - rest) / GIGA), Number(rest), time.zone);
}
export function between(a: Timestamp, b: Timestamp): Value {
  const nanos = nanosOf(a) - nanosOf(b);
  return nanos < MIN_INT || nanos > MAX_INT ? error('duration overflow') : new Duration(nanos);
}

const PARSE_WORK = 20;
const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;
const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();
/** As time.Parse(RFC3339) reads it; undefined for what is no time. */
export function parseTimestamp(text: string): Timestamp | CelError | undefined {
  work(PARSE_WORK);
  const found = TIME.exec(text);
  if (!found) return undefined;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [, , , , , , , fraction = '', sign, zoneHours = '0', zoneMinutes = '0'] = found;
  if (month < 1 || month > 12 || day < 1 || day > leapDays(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59 || Number(zoneHours) > 24 || Number(zoneMinutes) > 60) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const zone = (Number(zoneHours) * 3600 + Number(zoneMinutes) * 60) * (sign === '-' ? -1 : 1);
  const seconds = date.getTime() / 1000 + hour * 3600 + minute * 60 + second - zone;
  return timestampOf(seconds, Number(fraction.slice(0, 9).padEnd(9, '0')), zone);
}
const leapDays = (year: number, month: number): number =>
  month === 2 ? (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28) : daysIn(2001, month);

/** As RFC3339Nano prints it, in the zone in which it was written. */
export function formatTimestamp({ seconds, nanos, zone }: Timestamp): string {
  const base = new Date((seconds + zone) * 1000).toISOString().slice(0, 19);
  const fraction = nanos
    ? `.${String(nanos)
        .padStart(9, '0')
        .replace(/(?<!0)0+$/, '')}`
    : '';
  if (zone === 0) return `${base}${fraction}Z`;
  const minutes = Math.abs(zone) / 60;
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${base}${fraction}${zone < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: GIGA,
  m: 60n * GIGA,
  h: 3600n * GIGA,
};
/** As time.ParseDuration reads it; undefined for what is no duration. */
export function parseDuration(text: string): Duration | undefined {
  const found = /^([+-]?)((?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+|0)$/.exec(text);
  if (!found) return undefined;
  const [, sign, parts = ''] = found;
  let nanos = 0n;
  for (const [, whole = '', fraction = '', unit = ''] of parts.matchAll(/(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/gy)) {
    const size = UNITS[unit] as bigint;
    const digits = fraction.slice(0, 18);
    nanos += BigInt(whole || '0') * size + (BigInt(digits || '0') * size) / 10n ** BigInt(digits.length);
  }
  if (sign === '-') nanos = -nanos;
  return nanos < MIN_INT || nanos > MAX_INT ? undefined : new Duration(nanos);
}
/** Seconds with as few digits as they need: `5400s`, `1.5s`. */
export function formatDuration({ nanos }: Duration): string {
  const abs = nanos < 0n ? -nanos : nanos;
  // Go divides: whole seconds and the rest are added as floats
  const seconds = Number(abs / GIGA) + Number(abs % GIGA) / 1e9;
  const text = plainNumber(seconds);
  return `${nanos < 0n ? '-' : ''}${text}s`;
}
/** A number without an exponent. */
export function plainNumber(value: number): string {
  const text = String(value);
  if (!text.includes('e')) return text;
  const [mantissa = '', exponent = '0'] = text.split('e');
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const power = Number(exponent);
  const sign = value < 0 ? '-' : '';
  const digits = whole + fraction;
  const point = whole.length + power;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return point >= digits.length
    ? `${sign}${digits.padEnd(point, '0')}`
    : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Seconds east of UTC of a zone (`+02:00`, `America/New_York`) at a time; an error for what is none. */
export function zoneOffset(zone: string, { seconds }: Timestamp): number | CelError {
  const colon = zone.indexOf(':');
  if (colon >= 0) {
    const [hours, minutes] = [zone.slice(0, colon), zone.slice(colon + 1)];
    for (const part of [hours, minutes])
      if (!/^[+-]?\d+$/.test(part)) return error(`strconv.Atoi: parsing ${JSON.stringify(part)}: invalid syntax`);
    const offset = Number(hours) * 60 + (zone.startsWith('-') ? -1 : 1) * Number(minutes);
    return offset * 60;
  }
  if (zone === '' || zone === 'UTC') return 0;
  work(ZONE_WORK);
  const format = zoneFormat(zone);
  if (!format) return error(`unknown time zone ${zone}`);
  const name = format.formatToParts(new Date(seconds * 1000)).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign, hours = '0', minutes = '0', rest = '0'] = /^GMT(?:([+-])(\d+):(\d+)(?::(\d+))?)?$/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(rest));
}
/** The platform's tables of zones are slow. */
const ZONE_WORK = 500;
const formats = new Map<string, Intl.DateTimeFormat | undefined>();
const MAX_FORMATS = 600;
function zoneFormat(timeZone: string): Intl.DateTimeFormat | undefined {
  if (formats.has(timeZone)) return formats.get(timeZone);
  let made: Intl.DateTimeFormat | undefined;
  try {
    if (/^[A-Z][\w+-]*(?:\/[\w+-]+)*$/.test(timeZone))
      made = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  } catch {
    // no zone of that name
  }
  if (formats.size >= MAX_FORMATS) formats.clear();
  formats.set(timeZone, made);
  return made;
}
