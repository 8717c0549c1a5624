import { describe, expect, it } from 'vitest';
import type { ContainerStatus, Pod } from '../../../../schema/types.ts';
import { renderLog, type LogOptions } from '../../../../src/nodes/logs/read-log.ts';
import { runOf, simulatedLog } from '../../../../src/nodes/runtimes/simulated/simulated-log.ts';
import { formatTime } from '../../../../src/meta/time.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const at = (seconds: number): string => formatTime(START + seconds * 1000);
const running = { running: { startedAt: at(0) } };
const ended = (exitCode: number, from = 0, to = 90) => ({
  terminated: { exitCode, startedAt: at(from), finishedAt: at(to) },
});
const podOf = (status: Partial<ContainerStatus>): Pod => {
  const whole = { name: 'c', image: 'i', imageID: '', ready: true, restartCount: 0, ...status };
  const metadata = { name: 'p', namespace: 'a', uid: 'u', resourceVersion: '1', creationTimestamp: at(0) };
  return { metadata, spec: { nodeName: 'node-1', containers: [] }, status: { containerStatuses: [whole] } };
};
const FIRST = 'container c of pod a/p: node node-1 is simulated and runs nothing';

async function read(
  pod: () => Pod | undefined,
  clock: FakeClock,
  { previous = false, ...options }: LogOptions & { previous?: boolean },
): Promise<string[]> {
  const { tailLines, follow = false } = options;
  const left = new AbortController();
  const records = simulatedLog(pod, { container: 'c', previous, follow, tailLines }, clock, left.signal);
  const chunks: Buffer[] = [];
  for await (const chunk of renderLog(options, records)) chunks.push(chunk);
  return Buffer.concat(chunks).toString().split('\n').filter(Boolean);
}

describe('the log of a simulated container', () => {
  it.each<[string, Partial<ContainerStatus>, LogOptions & { previous?: boolean }, string[]]>([
    ['that goes on', { state: running }, {}, [FIRST, 'would have run for 1 min', 'would have run for 2 min']],
    ['that has ended', { state: ended(0) }, {}, [FIRST, 'would have run for 1 min', 'ended with exit code 0']],
    ['by its last lines', { state: ended(3) }, { tailLines: 1 }, ['ended with exit code 3']],
    ['by none of its lines', { state: running }, { tailLines: 0 }, []],
    [
      'by more lines than it has',
      { state: running },
      { tailLines: 99, sinceTime: START + 110_000 },
      ['would have run for 2 min'],
    ],
    ['up to some bytes', { state: running }, { limitBytes: 9 }, ['container']],
    [
      'with times',
      { state: ended(0, 0, 0) },
      { timestamps: true, tailLines: 1 },
      ['2026-01-01T00:00:00.000000000Z ended with exit code 0'],
    ],
    ['on stderr', { state: ended(3) }, { stream: 'Stderr' }, ['ended with exit code 3']],
    [
      'of the run before',
      { restartCount: 1, state: running, lastState: ended(7) },
      { previous: true, tailLines: 1 },
      ['ended with exit code 7'],
    ],
    [
      'that waits to begin again',
      { restartCount: 1, state: { waiting: {} }, lastState: ended(7) },
      { tailLines: 1 },
      ['ended with exit code 7'],
    ],
  ])('%s', async (_what, status, options, lines) => {
    const clock = new FakeClock(START + 125_000);
    expect(await read(() => podOf(status), clock, options)).toEqual(lines);
  });

  it.each<[Partial<ContainerStatus>, boolean]>([
    [{ state: { waiting: { reason: 'ErrImagePull' } } }, false],
    [{ state: running }, true],
    [{ restartCount: 1, state: running }, true],
  ])('of %j there is none (previous: %s)', (status, previous) => {
    expect(runOf(podOf(status).status!.containerStatuses![0], previous)).toBeUndefined();
  });

  it.each<[string, Pod | undefined, string[]]>([
    ['with its container', podOf({ state: ended(1) }), ['ended with exit code 1']],
    ['when its container begins again', podOf({ restartCount: 1, state: running }), []],
    ['with its pod', undefined, []],
  ])('that is followed ends %s', async (_what, after, more) => {
    const clock = new FakeClock(START);
    let pod: Pod | undefined = podOf({ state: running });
    const lines = read(() => pod, clock, { follow: true });
    await clock.advance(65_000);
    pod = after;
    await clock.advance(2000);
    expect(await lines).toEqual([FIRST, 'would have run for 1 min', ...more]);
  });

  it('of a year is read by its end at once', async () => {
    const clock = new FakeClock(START + 365 * 24 * 3600_000);
    const began = performance.now();
    expect(await read(() => podOf({ state: running }), clock, { tailLines: 2 })).toHaveLength(2);
    expect(performance.now() - began).toBeLessThan(1000);
  });
});
