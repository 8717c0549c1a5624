import { expect, test } from 'vitest';
import { Seats } from '../../src/resolvers/seats.ts';

/** Seats of a level, of which `taken` are had now; `refuse` has the next one refused. */
function level() {
  const state = { taken: 0, asked: 0, refuse: false };
  const admit = async () => {
    state.asked++;
    if (state.refuse) throw new Error('429');
    state.taken++;
    let had = true;
    return () => {
      if (had) state.taken--;
      had = false;
    };
  };
  return { state, admit };
}

test('what waits for something elsewhere has no seat meanwhile, and has one again before it goes on', async () => {
  const { state, admit } = level();
  const seats = await Seats.take(admit);
  expect(state.taken).toBe(1);
  expect(await seats.without(async () => state.taken)).toBe(0);
  expect(state.taken).toBe(1);
  await expect(seats.without(() => Promise.reject(new Error('lost')))).rejects.toThrow('lost');
  expect(state.taken).toBe(1);
  seats.free();
  expect(state).toMatchObject({ taken: 0, asked: 3 });
});

test('what has been done is told, whether there is a seat or not', async () => {
  const { state, admit } = level();
  const seats = await Seats.take(admit);
  state.refuse = true;
  expect(await seats.without(async () => 'done')).toBe('done');
  seats.free();
  expect(state.taken).toBe(0);
  await expect(Seats.take(admit)).rejects.toThrow('429');
});

test('whose client goes meanwhile takes no seat again', async () => {
  const { state, admit } = level();
  const seats = await Seats.take(admit);
  await seats.without(async () => seats.free());
  expect(state).toMatchObject({ taken: 0, asked: 1 });
});
