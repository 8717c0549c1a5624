/** Times as Kubernetes writes them: RFC 3339 in UTC, whole seconds (Time) or six digits (MicroTime). */
export class TimeError extends Error {
  override name = 'TimeError';
}

let lastSecond = Number.NaN;
let lastText = '';

/** `2025-01-02T03:04:05Z`; `ms` since the epoch. */
export function formatTime(ms: number): string {
  // most are of the second that the one before was of
  const second = Math.floor(Math.trunc(ms) / 1000);
  if (second !== lastSecond) {
    lastText = `${new Date(ms).toISOString().slice(0, 19)}Z`;
    lastSecond = second;
  }
  return lastText;
}
/** `2025-01-02T03:04:05.678000Z` */
export const formatMicroTime = (ms: number): string => {
  const micros = Math.floor((ms - Math.floor(ms)) * 1000);
  return `${new Date(Math.floor(ms)).toISOString().slice(0, 23)}${String(micros).padStart(3, '0')}Z`;
};

/** ms since the epoch of a time that has been validated; NaN for what is no time, and where there is none. */
export const timeMs = (time: string | undefined): number => (time ? Date.parse(time) : Number.NaN);

const LAYOUT = '2006-01-02T15:04:05Z07:00';
const MICRO_LAYOUT = '2006-01-02T15:04:05.000000Z07:00';
const parts: readonly [RegExp, string][] = [
  [/^\d{4}/, '2006'],
  [/^-/, '-'],
  [/^\d{2}/, '01'],
  [/^-/, '-'],
  [/^\d{2}/, '02'],
  [/^T/, 'T'],
  [/^\d{2}/, '15'],
  [/^:/, ':'],
  [/^\d{2}/, '04'],
  [/^:/, ':'],
  [/^\d{2}/, '05'],
];
const RANGES: readonly [index: number, low: number, high: number, what: string][] = [
  [2, 1, 12, 'month'],
  [6, 0, 23, 'hour'],
  [8, 0, 59, 'minute'],
  [10, 0, 59, 'second'],
];

const good = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/;

/** Why Go's time.Parse refuses a text, part by part from the left. */
function explain(text: string, layout: string): string {
  const head = `parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: `;
  let rest = text;
  const found: string[] = [];
  for (const [pattern, name] of parts) {
    const match = pattern.exec(rest);
    if (!match) return `${head}cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(name)}`;
    found.push(match[0]);
    rest = rest.slice(match[0].length);
    const range = RANGES.find(([index]) => index === found.length - 1);
    const value = Number(match[0]);
    if (range && (value < range[1] || value > range[2]))
      return `parsing time ${JSON.stringify(text)}: ${range[3]} out of range`;
  }
  const fraction = /^[.,]\d+/.exec(rest);
  if (fraction) rest = rest.slice(fraction[0].length);
  else if (layout === MICRO_LAYOUT) return `${head}cannot parse ${JSON.stringify(rest)} as ".000000"`;
  const zone = /^(Z|[+-]\d\d:\d\d)/.exec(rest);
  if (!zone) return `${head}cannot parse ${JSON.stringify(rest)} as "Z07:00"`;
  rest = rest.slice(zone[0].length);
  if (rest) return `parsing time ${JSON.stringify(text)}: extra text: ${JSON.stringify(rest)}`;
  return `parsing time ${JSON.stringify(text)}: day out of range`;
}

const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();

function parse(text: string, layout: string): { ms: number; micros: number } {
  const m = good.exec(text);
  if (!m || (layout === MICRO_LAYOUT && m[7]?.length !== 6)) throw new TimeError(explain(text, layout));
  const [year, month, day] = [Number(m[1]), Number(m[2]), Number(m[3])];
  const dayGood = month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
  if (!dayGood || Number(m[4]) > 23 || Number(m[5]) > 59 || Number(m[6]) > 59)
    throw new TimeError(explain(text, layout));
  const micros = Number((m[7] ?? '').slice(0, 6).padEnd(6, '0'));
  return { ms: Date.parse(`${text.slice(0, 19)}${m[8]}`), micros };
}

const canonical = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;

/** Any RFC 3339 time as Kubernetes writes it back (UTC, whole seconds); throws TimeError with Go's message. */
export function canonicalTime(text: string): string {
  return canonical.test(text) ? text : formatTime(parse(text, LAYOUT).ms);
}

/** As canonicalTime, for MicroTime: exactly six digits of fraction are needed. */
export function canonicalMicroTime(text: string): string {
  const { ms, micros } = parse(text, MICRO_LAYOUT);
  return `${new Date(ms).toISOString().slice(0, 19)}.${String(micros).padStart(6, '0')}Z`;
}

export function isTime(text: string): boolean {
  try {
    canonicalTime(text);
    return true;
  } catch {
    return false;
  }
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{1,9}))?(?:Z|[+-]\d\d:\d\d)$/;

/** µs since the epoch, exact until the year 2255, where a double's precision ends; undefined for what is no time. */
export function timeMicroseconds(time: string): number | undefined {
  const match = INSTANT.exec(time);
  if (!match || !isTime(time)) return undefined;
  const [, fraction = ''] = match;
  const seconds = Date.parse(fraction ? time.replace(`.${fraction}`, '') : time);
  return Number.isNaN(seconds) ? undefined : seconds * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0'));
}
