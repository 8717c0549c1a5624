import { durationError, parseDuration } from '../go/duration.ts';

/**
 * A CronJob's schedule: five fields or a word (`@daily`, `@every 1h`), read as robfig/cron's standard parser reads it;
 * the messages are its own.
 */
export interface CronSchedule {
  /** the zone before the fields (`TZ=…`), if there is one */
  zone?: string;
  /** ms between two times; the fields are not used then */
  every?: number;
  /** allowed values, ascending */
  minutes: readonly number[];
  hours: readonly number[];
  days: ReadonlySet<number>;
  months: ReadonlySet<number>;
  weekdays: ReadonlySet<number>;
  /** whether days of the month and of the week must both fit: one of them is `*`; otherwise either is enough */
  bothDays: boolean;
}

export class ScheduleError extends Error {
  override name = 'ScheduleError';
}

interface Bounds {
  min: number;
  max: number;
  names?: Readonly<Record<string, number>>;
}

const numbered = (words: string, from: number): Record<string, number> =>
  Object.fromEntries(words.split(' ').map((word, i) => [word, i + from]));
const MINUTE: Bounds = { min: 0, max: 59 };
const HOUR: Bounds = { min: 0, max: 23 };
const DAY: Bounds = { min: 1, max: 31 };
const MONTH: Bounds = { min: 1, max: 12, names: numbered('jan feb mar apr may jun jul aug sep oct nov dec', 1) };
const WEEKDAY: Bounds = { min: 0, max: 6, names: numbered('sun mon tue wed thu fri sat', 0) };
const FIELDS = 5;

const DESCRIPTORS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const EVERY = '@every ';

/** @throws ScheduleError */
export function parseCronSchedule(text: string): CronSchedule {
  const { zone, spec } = splitZone(text);
  const every = spec.startsWith('@') && !Object.hasOwn(DESCRIPTORS, spec) ? intervalOf(spec) : undefined;
  const fields = (every === undefined ? (DESCRIPTORS[spec] ?? spec) : '* * * * *').split(/\s+/u).filter(Boolean);
  if (fields.length !== FIELDS)
    throw new ScheduleError(`expected exactly ${FIELDS} fields, found ${fields.length}: [${fields.join(' ')}]`);
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = fields;
  const minutes = valuesOf(minute, MINUTE);
  const hours = valuesOf(hour, HOUR);
  const days = valuesOf(day, DAY);
  const months = valuesOf(month, MONTH);
  const weekdays = valuesOf(weekday, WEEKDAY);
  return {
    ...(zone !== undefined && { zone }),
    ...(every !== undefined && { every }),
    minutes: minutes.values,
    hours: hours.values,
    days: new Set(days.values),
    months: new Set(months.values),
    weekdays: new Set(weekdays.values),
    bothDays: days.any || weekdays.any,
  };
}

function splitZone(text: string): { zone?: string; spec: string } {
  const prefix = /^(?:CRON_)?TZ=/.exec(text)?.[0];
  if (prefix === undefined) return { spec: text };
  const space = text.indexOf(' ');
  return space < 0 ? { spec: '' } : { zone: text.slice(prefix.length, space), spec: text.slice(space).trim() };
}

/** The values of a list of ranges; `any`: one of them is all there are. */
function valuesOf(field: string, bounds: Bounds): { values: number[]; any: boolean } {
  const values = new Set<number>();
  let any = false;
  for (const text of field.split(',').filter(Boolean)) {
    const range = rangeOf(text, bounds);
    for (let value = range.start; value <= range.end; value += range.step) values.add(value);
    any ||= range.any;
  }
  return { values: [...values].sort((a, b) => a - b), any };
}

/** `*`, `5`, `1-5`, `mon-fri`, each with a step or without. */
function rangeOf(text: string, bounds: Bounds): { start: number; end: number; step: number; any: boolean } {
  const [range = '', ...steps] = text.split('/');
  const [first = '', ...others] = range.split('-');
  let [start, end] = [bounds.min, bounds.max];
  const star = first === '*' || first === '?';
  if (!star) {
    start = end = parseNumberOrName(first, bounds);
    if (others.length === 1) end = parseNumberOrName(others[0]!, bounds);
    else if (others.length > 1) throw new ScheduleError(`too many hyphens: ${text}`);
  }
  let step = 1;
  if (steps.length === 1) {
    step = parseNumber(steps[0]!);
    // "5/10" starts at 5 and goes on to the end
    if (others.length === 0) end = bounds.max;
  } else if (steps.length > 1) throw new ScheduleError(`too many slashes: ${text}`);
  if (start < bounds.min)
    throw new ScheduleError(`beginning of range (${start}) below minimum (${bounds.min}): ${text}`);
  if (end > bounds.max) throw new ScheduleError(`end of range (${end}) above maximum (${bounds.max}): ${text}`);
  if (start > end) throw new ScheduleError(`beginning of range (${start}) beyond end of range (${end}): ${text}`);
  if (step === 0) throw new ScheduleError(`step of range should be a positive number: ${text}`);
  return { start, end, step, any: star && step === 1 };
}

function parseNumber(text: string): number {
  if (!/^[+-]?\d+$/.test(text))
    throw new ScheduleError(
      `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  const value = Number(text);
  if (Math.abs(value) > 2 ** 63)
    throw new ScheduleError(
      `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: value out of range`,
    );
  if (value < 0) throw new ScheduleError(`negative number (${value}) not allowed: ${text}`);
  return value;
}

function parseNumberOrName(text: string, { names }: Bounds): number {
  const name = text.toLowerCase();
  return (names && Object.hasOwn(names, name) ? names[name] : undefined) ?? parseNumber(text);
}

/** ms: whole seconds, and one at least. */
function intervalOf(text: string): number {
  if (!text.startsWith(EVERY)) throw new ScheduleError(`unrecognized descriptor: ${text}`);
  const duration = text.slice(EVERY.length);
  const ms = parseDuration(duration);
  if (ms === undefined) throw new ScheduleError(`failed to parse duration ${text}: ${durationError(duration)}`);
  return Math.max(1, Math.floor(ms / 1000)) * 1000;
}
