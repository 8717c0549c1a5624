import { parseDuration } from '../../../go/duration.ts';
import { invalid, required, type FieldError, type Path } from '../../../meta/field.ts';

/** A CronJob's schedule: five fields or a word (`@daily`, `@every 1h`). Messages are those of robfig/cron's standard parser. */
class ScheduleError extends Error {
  override name = 'ScheduleError';
}

interface Bounds {
  min: number;
  max: number;
  names?: Readonly<Record<string, number>>;
}

const numbered = (words: string, from: number): Record<string, number> =>
  Object.fromEntries(words.split(' ').map((word, i) => [word, i + from]));
/** minute, hour, day of the month, month, day of the week */
const FIELDS: readonly Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: numbered('jan feb mar apr may jun jul aug sep oct nov dec', 1) },
  { min: 0, max: 6, names: numbered('sun mon tue wed thu fri sat', 0) },
];
const DESCRIPTORS = new Set(['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']);
const EVERY = '@every ';

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
  return names && Object.hasOwn(names, name) ? (names[name] as number) : parseNumber(text);
}

/** `*`, `5`, `1-5`, `mon-fri`, each with a step or without. */
function checkRange(text: string, bounds: Bounds): void {
  const [range = '', ...steps] = text.split('/');
  const limits = range.split('-');
  let [start, end] = [bounds.min, bounds.max];
  if (limits[0] !== '*' && limits[0] !== '?') {
    start = end = parseNumberOrName(limits[0] as string, bounds);
    if (limits.length === 2) end = parseNumberOrName(limits[1] as string, bounds);
    else if (limits.length > 2) throw new ScheduleError(`too many hyphens: ${text}`);
  }
  let step = 1;
  if (steps.length === 1) {
    step = parseNumber(steps[0] as string);
    // "5/10" starts at 5 and goes on to the end
    if (limits.length === 1) end = bounds.max;
  } else if (steps.length > 1) throw new ScheduleError(`too many slashes: ${text}`);
  if (start < bounds.min)
    throw new ScheduleError(`beginning of range (${start}) below minimum (${bounds.min}): ${text}`);
  if (end > bounds.max) throw new ScheduleError(`end of range (${end}) above maximum (${bounds.max}): ${text}`);
  if (start > end) throw new ScheduleError(`beginning of range (${start}) beyond end of range (${end}): ${text}`);
  if (step === 0) throw new ScheduleError(`step of range should be a positive number: ${text}`);
}

function checkDescriptor(text: string): void {
  if (DESCRIPTORS.has(text)) return;
  if (!text.startsWith(EVERY)) throw new ScheduleError(`unrecognized descriptor: ${text}`);
  const duration = text.slice(EVERY.length);
  if (parseDuration(duration) !== undefined) return;
  throw new ScheduleError(`failed to parse duration ${text}: ${durationProblem(duration)}`);
}

/** What Go says of a text that is no duration. */
function durationProblem(text: string): string {
  const rest = text.replace(/^[+-]/, '');
  const quoted = JSON.stringify(text);
  const unit = /^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))*(?:\d+\.?\d*|\.\d+)([^\d.]*)/.exec(rest)?.[1];
  if (unit === undefined) return `time: invalid duration ${quoted}`;
  return unit === ''
    ? `time: missing unit in duration ${quoted}`
    : `time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`;
}

/** The text without a time zone in front of it. */
function withoutZone(text: string): string {
  if (!text.startsWith('TZ=') && !text.startsWith('CRON_TZ=')) return text;
  const space = text.indexOf(' ');
  return space < 0 ? '' : text.slice(space).trim();
}

function checkSchedule(text: string): void {
  const spec = withoutZone(text);
  if (spec.startsWith('@')) return checkDescriptor(spec);
  const fields = spec.split(/\s+/u).filter(Boolean);
  if (fields.length !== FIELDS.length)
    throw new ScheduleError(`expected exactly ${FIELDS.length} fields, found ${fields.length}: [${fields.join(' ')}]`);
  fields.forEach((field, i) => {
    for (const range of field.split(',').filter(Boolean)) checkRange(range, FIELDS[i] as Bounds);
  });
}

/** A time zone in the schedule is no longer taken: `timeZone` has it. */
export function validateSchedule(schedule: string | undefined, at: Path): FieldError[] {
  if (!schedule) return [required(at)];
  const errors: FieldError[] = [];
  try {
    checkSchedule(schedule);
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    errors.push(invalid(at, schedule, error.message));
  }
  if (schedule.includes('TZ'))
    errors.push(invalid(at, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'));
  return errors;
}
