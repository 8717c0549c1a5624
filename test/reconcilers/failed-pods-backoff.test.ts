import { expect, it } from 'vitest';
import { FailedPodsBackoff } from '../../src/reconcilers/failed-pods-backoff.ts';

it('lets a place wait twice as long each time, up to a quarter of an hour, and begins anew when all has been well', () => {
  const backoff = new FailedPodsBackoff();
  let now = 0;
  const waits: number[] = [];
  for (let n = 0; n < 13; n++) {
    expect(backoff.next('a', now)).toBe(0);
    const wait = backoff.next('a', now);
    waits.push(wait);
    expect(backoff.next('a', now + wait - 1)).toBe(1);
    expect(backoff.next(`b${n}`, now)).toBe(0);
    now += wait;
  }
  expect(waits.slice(0, 3)).toEqual([1000, 2000, 4000]);
  expect(waits.slice(-2)).toEqual([900_000, 900_000]);
  expect(backoff.next('a', now + 1_800_001)).toBe(0);
  expect(backoff.next('a', now + 1_800_001)).toBe(1000);
});
