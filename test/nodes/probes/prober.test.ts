import { afterEach, describe, expect, it } from 'vitest';
import type { Probe } from '../../../schema/types.ts';
import { failure, success } from '../../../src/nodes/probes/probe-result.ts';
import { Prober } from '../../../src/nodes/probes/prober.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const running: Prober[] = [];
afterEach(() => running.splice(0).forEach((each) => each.stop()));

/** Runs a probe once for each of `results` (o: good, x: bad). @returns when it ran, s, and its verdicts with the number of the run */
async function play(probe: Probe, results: string, inactiveMs = 0) {
  const clock = new FakeClock();
  const began = clock.now();
  const runs: number[] = [];
  const verdicts: string[] = [];
  const failures: string[] = [];
  running.push(
    new Prober({
      probe,
      clock,
      random: () => 0,
      startedAt: began,
      active: () => clock.now() - began >= inactiveMs,
      async run() {
        runs.push((clock.now() - began) / 1000);
        return results[runs.length - 1] === 'o' ? success : failure(`run ${runs.length}`);
      },
      onFailure: (message) => failures.push(message),
      onVerdict: (healthy) => verdicts.push(`${runs.length}${healthy ? 'o' : 'x'}`),
    }),
  );
  for (let turn = 0; turn < 1000 && runs.length < results.length; turn++) await clock.advance(500);
  return { runs, verdicts: verdicts.join(' '), failures };
}

describe('a prober', () => {
  it.each([
    [{}, 'ooo', [0, 10, 20]],
    [{ periodSeconds: 3 }, 'ooo', [0, 3, 6]],
    [{ initialDelaySeconds: 7, periodSeconds: 2 }, 'oo', [7, 9]],
  ])('%j runs at its times', async (probe, results, expected) => {
    expect((await play(probe, results)).runs).toEqual(expected);
  });

  it('looks every second whether it may run', async () => {
    expect((await play({}, 'oo', 4_500)).runs).toEqual([5, 15]);
  });

  it.each([
    ['three failures in a row', {}, 'oxxoxxx', '1o 7x'],
    ['each failure from the threshold on', { failureThreshold: 2 }, 'xxxx', '2x 3x 4x'],
    [
      'as many successes as it takes (Probe.successThreshold)',
      { successThreshold: 3, failureThreshold: 1 },
      'xooxooo',
      '1x 4x 7o',
    ],
    ['one success', { failureThreshold: 1 }, 'xoox', '1x 2o 4x'],
  ])('tells %s', async (_, probe, results, expected) => {
    expect((await play(probe, results)).verdicts).toBe(expected);
  });

  it('warns of each failure', async () => {
    expect((await play({ failureThreshold: 3 }, 'xox')).failures).toEqual(['run 1', 'run 3']);
  });
});
