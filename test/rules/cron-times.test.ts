import { describe, expect, test } from 'vitest';
import { parseCronSchedule } from '../../src/rules/cron-schedule.ts';
import { nextCronTime } from '../../src/rules/cron-times.ts';

/** Schedule, zone, from when, and the four times that follow, as robfig/cron v3 gives them. */
const TIMES: [string, string, string, string][] = [
  [
    '30 2 * * *',
    'America/New_York',
    '2026-03-07T12:00:00Z',
    '2026-03-09T06:30Z 2026-03-10T06:30Z 2026-03-11T06:30Z 2026-03-12T06:30Z',
  ],
  [
    '0 2 * * *',
    'America/New_York',
    '2026-03-07T12:00:00Z',
    '2026-03-09T06:00Z 2026-03-10T06:00Z 2026-03-11T06:00Z 2026-03-12T06:00Z',
  ],
  [
    '30 * * * *',
    'America/New_York',
    '2026-03-08T05:00:00Z',
    '2026-03-08T05:30Z 2026-03-08T06:30Z 2026-03-08T07:30Z 2026-03-08T08:30Z',
  ],
  [
    '0 */2 * * *',
    'America/New_York',
    '2026-03-08T02:00:00Z',
    '2026-03-08T03:00Z 2026-03-08T05:00Z 2026-03-08T08:00Z 2026-03-08T10:00Z',
  ],
  [
    '30 1 * * *',
    'America/New_York',
    '2026-10-31T12:00:00Z',
    '2026-11-01T05:30Z 2026-11-01T06:30Z 2026-11-02T06:30Z 2026-11-03T06:30Z',
  ],
  [
    '30 * * * *',
    'America/New_York',
    '2026-11-01T03:00:00Z',
    '2026-11-01T03:30Z 2026-11-01T04:30Z 2026-11-01T05:30Z 2026-11-01T06:30Z',
  ],
  [
    '*/30 1 * * *',
    'America/New_York',
    '2026-11-01T03:00:00Z',
    '2026-11-01T05:00Z 2026-11-01T05:30Z 2026-11-01T06:00Z 2026-11-01T06:30Z',
  ],
  [
    '0 2 * * *',
    'Europe/Berlin',
    '2026-03-28T12:00:00Z',
    '2026-03-30T00:00Z 2026-03-31T00:00Z 2026-04-01T00:00Z 2026-04-02T00:00Z',
  ],
  [
    '30 2 * * *',
    'Europe/Berlin',
    '2026-10-24T12:00:00Z',
    '2026-10-25T00:30Z 2026-10-25T01:30Z 2026-10-26T01:30Z 2026-10-27T01:30Z',
  ],
  [
    '0 0 * * *',
    'America/Sao_Paulo',
    '2018-11-03T00:00:00Z',
    '2018-11-03T03:00Z 2018-11-05T02:00Z 2018-11-06T02:00Z 2018-11-07T02:00Z',
  ],
  [
    '15 10 1 * 1',
    'UTC',
    '2026-01-01T00:00:00Z',
    '2026-01-01T10:15Z 2026-01-05T10:15Z 2026-01-12T10:15Z 2026-01-19T10:15Z',
  ],
  [
    '0 12 31 * *',
    'UTC',
    '2026-01-01T00:00:00Z',
    '2026-01-31T12:00Z 2026-03-31T12:00Z 2026-05-31T12:00Z 2026-07-31T12:00Z',
  ],
  [
    '0 0 29 2 *',
    'UTC',
    '2026-01-01T00:00:00Z',
    '2028-02-29T00:00Z 2032-02-29T00:00Z 2036-02-29T00:00Z 2040-02-29T00:00Z',
  ],
  [
    '0 0 1-7 * MON',
    'UTC',
    '2026-01-01T00:00:00Z',
    '2026-01-02T00:00Z 2026-01-03T00:00Z 2026-01-04T00:00Z 2026-01-05T00:00Z',
  ],
  [
    '0 0 */2 * 1',
    'UTC',
    '2026-01-01T00:00:00Z',
    '2026-01-03T00:00Z 2026-01-05T00:00Z 2026-01-07T00:00Z 2026-01-09T00:00Z',
  ],
  ['@hourly', 'UTC', '2026-01-01T00:10:00Z', '2026-01-01T01:00Z 2026-01-01T02:00Z 2026-01-01T03:00Z 2026-01-01T04:00Z'],
  ['@weekly', 'UTC', '2026-01-01T00:10:00Z', '2026-01-04T00:00Z 2026-01-11T00:00Z 2026-01-18T00:00Z 2026-01-25T00:00Z'],
  [
    '@midnight',
    'Asia/Kolkata',
    '2026-01-01T00:10:00Z',
    '2026-01-01T18:30Z 2026-01-02T18:30Z 2026-01-03T18:30Z 2026-01-04T18:30Z',
  ],
  ['@yearly', 'UTC', '2026-01-01T00:10:00Z', '2027-01-01T00:00Z 2028-01-01T00:00Z 2029-01-01T00:00Z 2030-01-01T00:00Z'],
  [
    '0 0 ? * 1-5',
    'UTC',
    '2026-01-01T00:00:00Z',
    '2026-01-02T00:00Z 2026-01-05T00:00Z 2026-01-06T00:00Z 2026-01-07T00:00Z',
  ],
  [
    '5-10/2 3 * JAN,FEB *',
    'UTC',
    '2026-01-01T00:00:00Z',
    '2026-01-01T03:05Z 2026-01-01T03:07Z 2026-01-01T03:09Z 2026-01-02T03:05Z',
  ],
  [
    '15 2 * * *',
    'Australia/Lord_Howe',
    '2026-10-03T00:00:00Z',
    '2026-10-04T15:15Z 2026-10-05T15:15Z 2026-10-06T15:15Z 2026-10-07T15:15Z',
  ],
  [
    '45 1 * * *',
    'Australia/Lord_Howe',
    '2026-04-03T12:00:00Z',
    '2026-04-03T14:45Z 2026-04-04T14:45Z 2026-04-04T15:15Z 2026-04-05T15:15Z',
  ],
];

describe('the times of a schedule', () => {
  test.each(TIMES)('%s in %s after %s', (text, zone, from, wanted) => {
    const schedule = parseCronSchedule(text);
    const times: string[] = [];
    for (let time = Date.parse(from), n = 0; n < 4; n++) {
      time = nextCronTime(schedule, time, zone)!;
      times.push(`${new Date(time).toISOString().slice(0, 16)}Z`);
    }
    expect(times.join(' ')).toBe(wanted);
  });

  test('never come where no day has the date', () => {
    expect(nextCronTime(parseCronSchedule('0 0 30 2 *'), Date.parse('2026-01-01T00:00:00Z'))).toBeUndefined();
  });

  test('are an interval apart from when they are asked for', () => {
    const schedule = parseCronSchedule('@every 1h30m');
    expect(nextCronTime(schedule, Date.parse('2026-01-01T00:10:00Z'))).toBe(Date.parse('2026-01-01T01:40:00Z'));
    expect(parseCronSchedule('@every 1ms').every).toBe(1000);
  });

  test.each([
    ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['0 0 * * 7', 'end of range (7) above maximum (6): 7'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
    ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
    ['@never', 'unrecognized descriptor: @never'],
    ['@every 1x', 'failed to parse duration @every 1x: time: unknown unit "x" in duration "1x"'],
  ])('%s is none: %s', (text, message) => {
    expect(() => parseCronSchedule(text)).toThrow(message);
  });
});
