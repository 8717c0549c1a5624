import { expect, it } from 'vitest';
import { VolumeFigures } from '../../../../src/nodes/volumes/csi/volume-figures.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const data = { driver: 'd', handle: 'h', target: '/t', staging: '/s' } as never;
const usage = [
  { unit: 'BYTES', total: 100, used: 40, available: 60 },
  { unit: 'INODES', total: 10, used: 3, available: 7 },
];

function figures(can: string[], answer: () => Promise<unknown>) {
  const clock = new FakeClock();
  const asked: unknown[] = [];
  const client = { call: (_: string, request: unknown) => (asked.push(request), answer()) };
  return { clock, asked, figures: new VolumeFigures(clock, () => ({ client, can: new Set(can) }) as never) };
}

it('are what the driver says, asked once a minute', async () => {
  const made = figures(['GET_VOLUME_STATS'], async () => ({ usage }));
  const expected = { capacityBytes: 100, availableBytes: 60, usedBytes: 40, inodes: 10, inodesFree: 7 };
  expect(await made.figures.of(data)).toEqual(expected);
  await made.figures.of(data);
  expect(made.asked).toEqual([{ volume_id: 'h', volume_path: '/t', staging_target_path: '/s' }]);
  await made.clock.advance(60_000);
  await made.figures.of(data);
  expect(made.asked).toHaveLength(2);
});

it.each([
  ['does not know', [], async () => ({ usage })],
  ['says nothing of bytes', ['GET_VOLUME_STATS'], async () => ({ usage: [] })],
  ['fails', ['GET_VOLUME_STATS'], () => Promise.reject(new Error('gone'))],
])('are none where the driver %s', async (_, can, answer) => {
  expect(await figures(can, answer).figures.of(data)).toBeUndefined();
});
