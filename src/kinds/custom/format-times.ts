/** Days of a month that there is; 0 of another. */
function daysOf(year: number, month: number): number {
  if (month < 1 || month > 12) return 0;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
}

/** A day that there is, `2006-01-02`. */
export function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (!match) return false;
  const [year = 0, month = 0, day = 0] = match.slice(1).map(Number);
  return day >= 1 && day <= daysOf(year, month);
}

const TIME = /^(\d\d):(\d\d):(\d\d)(.\d+)?(z|[+-]\d\d:\d\d)$/su;

/**
 * A day and a time, in either case, as kube-openapi looks at them: what stands before the fraction is any character, and
 * nothing is read from a second `t` on.
 */
export function isDateTime(text: string): boolean {
  const [day = '', time] = text.toLowerCase().split('t');
  const match = time === undefined || !isDate(day) ? null : TIME.exec(time);
  const [, hours = '', minutes = '', seconds = ''] = match ?? [];
  return match !== null && hours <= '23' && minutes <= '59' && seconds <= '59';
}
