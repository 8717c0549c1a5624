import { expect, it } from 'vitest';
import { Rounds } from '../../src/addons/rounds.ts';
import { FakeClock } from '../support/fake-clock.ts';

/** Rounds that take so long each, and then fail if they are to. */
function rounds(clock: FakeClock, takesMs: number, isBad = false) {
  const begun: number[] = [];
  const said: unknown[] = [];
  const began = clock.now();
  const made = new Rounds({
    clock,
    everyMs: 1000,
    async round() {
      begun.push(clock.now() - began);
      if (takesMs > 0) await new Promise<void>((over) => clock.setTimeout(() => over(), takesMs));
      if (isBad) throw new Error('bad');
    },
    failed: (error) => void said.push(error),
  });
  return { made, begun, said };
}

it('begin at their time, and never before the one before has ended', async () => {
  const clock = new FakeClock();
  const [short, long] = [rounds(clock, 300), rounds(clock, 1500)];
  for (const { made } of [short, long]) void made.start();
  await clock.advance(4600);
  expect(short.begun).toEqual([0, 1000, 2000, 3000, 4000]);
  expect(long.begun).toEqual([0, 1500, 3000, 4500]);
});

it('go on after one that failed, which is said', async () => {
  const clock = new FakeClock();
  const { made, begun, said } = rounds(clock, 0, true);
  await made.start();
  await clock.advance(2100);
  expect(begun).toEqual([0, 1000, 2000]);
  expect(said).toEqual(Array(3).fill(new Error('bad')));
});

it('end when they are stopped, between two and within one', async () => {
  const clock = new FakeClock();
  const [between, within] = [rounds(clock, 300), rounds(clock, 300)];
  for (const { made } of [between, within]) void made.start();
  await clock.advance(100);
  within.made.stop();
  await clock.advance(400);
  between.made.stop();
  await clock.advance(5000);
  expect([between.begun, within.begun]).toEqual([[0], [0]]);
});
