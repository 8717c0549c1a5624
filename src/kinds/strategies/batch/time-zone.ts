import { invalid, type FieldError, type Path } from '../../../meta/field.ts';

/** A part of a zone's name (https://data.iana.org/time-zones/theory.html#naming); digits and `+` are those of old names. */
const part = /^[A-Za-z.\-_0-9+]{1,14}$/;

/** Known zones by name: asking for one costs the making of a formatter. Bounded by the number of zones there are. */
const known = new Map<string, boolean>();

function isZone(name: string): boolean {
  const found = known.get(name);
  if (found !== undefined) return found;
  let good = false;
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
    // names are files elsewhere: their case counts, and an offset is none
    good = !/^[+-]/.test(name) && (timeZone === name || timeZone.toLowerCase() !== name.toLowerCase());
  } catch {
    return false;
  }
  if (good) known.set(name, true);
  return good;
}

/** `spec.timeZone` of a CronJob: a name of the IANA database. */
export function validateTimeZone(zone: string | null | undefined, at: Path): FieldError[] {
  if (zone == null) return [];
  if (zone === '') return [invalid(at, zone, 'timeZone must be nil or non-empty string')];
  const unknown = [invalid(at, zone, `unknown time zone ${zone}`)];
  if (zone.split('/').some((name) => name === '.' || name === '..' || name.startsWith('-') || !part.test(name)))
    return unknown;
  if (zone.toLowerCase() === 'local') {
    const local = [
      invalid(at, zone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'),
    ];
    return zone === 'Local' ? local : [...local, ...unknown];
  }
  return zone === 'UTC' || isZone(zone) ? [] : unknown;
}
