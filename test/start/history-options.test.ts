import { describe, expect, it } from 'vitest';
import { historySettings } from '../../src/start/history-options.ts';
import { DEFAULT_RETENTION } from '../../src/store/retention.ts';

const DAY_MS = 86_400_000;

describe('options of history', () => {
  it('are those of the store when nothing is said', () => {
    const { history, resources } = DEFAULT_RETENTION;
    expect(historySettings({})).toEqual({ history, resources });
  });

  it('are an age and a size, for all and for some', () => {
    const values = {
      'history-retention': '30d',
      'history-retention-size': '500Mi',
      'history-retention-of': ['pods=12h', 'events=1h30m/1G', 'widgets.example.com=0s'],
    };
    expect(historySettings(values)).toEqual({
      history: { ms: 30 * DAY_MS, bytes: 500 << 20 },
      resources: {
        ...DEFAULT_RETENTION.resources,
        pods: { ms: DAY_MS / 2 },
        events: { ms: 5_400_000, bytes: 1e9 },
        'widgets.example.com': { ms: 0 },
      },
    });
  });

  it.each([
    [{ 'history-retention': 'soon' }, '--history-retention: soon is neither a duration nor a number of days'],
    [{ 'history-retention': '-1h' }, '--history-retention: -1h is neither a duration nor a number of days'],
    [{ 'history-retention-size': '1Q' }, '--history-retention-size: 1Q is no quantity'],
    [{ 'history-retention-size': '-1' }, '--history-retention-size: -1 is less than nothing'],
    [{ 'history-retention-of': ['pods'] }, '--history-retention-of: pods is not of the form RESOURCE=AGE'],
    [{ 'history-retention-of': ['pods=1x'] }, '--history-retention-of: 1x is neither a duration'],
  ])('%j is refused', (values, why) => {
    expect(() => historySettings(values)).toThrow(why);
  });
});
