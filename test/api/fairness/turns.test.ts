import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { nextTurn, Slice, turnToBegin } from '../../../src/api/fairness/turns.ts';
import { FakeApi } from '../../support/fake-api.ts';
import { turnsOf } from '../../support/turns.ts';

/** ms that the clock shows, which only work moves on, and which never goes back */
let now = 0;
beforeEach(() => {
  vi.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Resolves in a turn of the loop that has had no work yet. */
async function laterTurn(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise(setImmediate);
}

/** Some work in steps of 1 ms, that asks after each whether it is the turn of others. */
async function work(steps: number): Promise<void> {
  const slice = new Slice();
  for (let i = 0; i < steps; i++) {
    now++;
    if (slice.over) await slice.next();
  }
}

/** The ms of each turn in which something was done until so many pieces of 20 steps were over. */
const turnsOfPieces = (pieces: number): Promise<number[]> =>
  turnsOf(
    () => now,
    () => Promise.all(Array.from({ length: pieces }, () => work(20))),
  );

describe('the long work of one turn of the event loop', () => {
  test('is some milliseconds of one piece', async () => {
    const turns = await turnsOfPieces(1);
    expect(turns.reduce((a, b) => a + b)).toBe(20);
    expect(turns[0]).toBeLessThanOrEqual(10);
    expect(Math.max(...turns.slice(1))).toBeLessThanOrEqual(7);
  });

  test('is no more of many: where all begin in one turn each makes a step, and then they go on together', async () => {
    const [first = 0, ...others] = await turnsOfPieces(20);
    expect(others.reduce((a, b) => a + b, first)).toBe(400);
    expect(first).toBeLessThanOrEqual(20 + 6);
    expect(Math.max(...others)).toBeLessThanOrEqual(7);
  });

  test('is counted from its own beginning: a turn that comes later has all of its time', async () => {
    await work(3);
    await laterTurn();
    const slice = new Slice();
    expect(slice.over).toBe(false);
    now += 8;
    expect(slice.over).toBe(false);
    now += 1;
    expect(slice.over).toBe(true);
  });

  test('is that of the turn it goes on in, after it has waited for something else', async () => {
    await laterTurn();
    const slice = new Slice();
    expect(slice.over).toBe(false);
    now += 50;
    await laterTurn();
    expect(slice.over).toBe(false);
    now += 9;
    expect(slice.over).toBe(true);
  });

  test('is no more than one step where a step takes longer', async () => {
    const turns = await turnsOf(
      () => now,
      async () => {
        const slice = new Slice();
        for (let i = 0; i < 10; i++) {
          if (slice.over) await slice.next();
          now += 9;
        }
      },
    );
    expect(turns.slice(1)).toEqual(Array.from({ length: turns.length - 1 }, () => 9));
    expect(turns.length).toBeGreaterThanOrEqual(9);
  });

  test('is done in one turn where sixteen that come together take less than its time', async () => {
    await laterTurn();
    const turns = await turnsOf(
      () => now,
      () =>
        Promise.all(
          Array.from({ length: 16 }, async () => {
            const slice = new Slice();
            now += 0.4;
            if (slice.over) await slice.next();
          }),
        ),
    );
    expect(turns).toHaveLength(1);
  });
});

describe('requests that come together', () => {
  /** Ones of 1 ms each, and the order in which they were done. */
  const begin = async (requests: number, done: number[] = []): Promise<number[]> => {
    const one = async (i: number): Promise<void> => {
      const turn = turnToBegin();
      if (turn) await turn;
      now++;
      done.push(i);
    };
    await Promise.all(Array.from({ length: requests }, (_, i) => one(i)));
    return done;
  };

  test('begin a few in a turn of the loop, and in their order', async () => {
    const done: number[] = [];
    const turns = await turnsOf(
      () => now,
      async () => {
        for (let i = 0; i < 5; i++) {
          await begin(20, done);
          await new Promise(setImmediate);
        }
      },
    );
    expect(turns.reduce((a, b) => a + b)).toBe(100);
    expect(Math.max(...turns)).toBeLessThanOrEqual(14);
    expect(done).toEqual(Array.from({ length: 100 }, (_, i) => i % 20));
  });

  test('do not wait for what takes long', async () => {
    const long = Array.from({ length: 50 }, async () => {
      await nextTurn();
      now += 10;
    });
    const before = now;
    await begin(3);
    expect(now - before).toBeLessThan(100);
    await Promise.all(long);
  });

  test('are those that write: of forty that come in one turn the last waits for some others only', async () => {
    const api = await FakeApi.open();
    const { registry } = api.api;
    const target = { kind: registry.preferred('configmaps')!, namespace: 'a', name: '', subresource: '' };
    const ctx = { user: { name: 'admin', groups: ['system:masters'] }, agent: 'test', warn: () => undefined };
    const time = api.clock.now.bind(api.clock);
    // each looks at the time as it begins
    vi.spyOn(api.clock, 'now').mockImplementation(() => {
      now++;
      return time();
    });
    const write = (i: number): Promise<unknown> => {
      const bytes = Buffer.from(JSON.stringify({ metadata: { name: `c${i}` } }));
      return api.api.create(ctx, target, { bytes, contentType: 'application/json' }, {});
    };
    const before = now;
    const turns = await turnsOf(
      () => now,
      () => Promise.all(Array.from({ length: 40 }, (_, i) => write(i))),
    );
    expect(now - before).toBeGreaterThanOrEqual(40);
    expect(Math.max(...turns)).toBeLessThan(20);
    await api.api.close();
  });
});
