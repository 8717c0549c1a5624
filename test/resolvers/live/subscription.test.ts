import { describe, expect, test, vi } from 'vitest';
import { SharedSubscriptions } from '../../../src/resolvers/live/shared-subscriptions.ts';
import { StatusError } from '../../../src/meta/status.ts';
import type { Hold, Subscriber } from '../../../src/resolvers/live/subscriber.ts';
import { Subscription } from '../../../src/resolvers/live/subscription.ts';
import { the } from '../../support/at.ts';
import { turnsOf } from '../../support/turns.ts';

interface Event {
  n: number;
}
const events = (...numbers: number[]): Event[] => numbers.map((n) => ({ n }));
const refused = (error: unknown): string => `refused: ${(error as Error).message}`;
const textOf = (event: object): string => String((event as Event).n);
const free: Hold = () => () => undefined;
const begin = (of: (event: object) => string | Promise<string> = textOf): Subscription => new Subscription(of, refused);
const read = async (subscriber: Subscriber, count: number): Promise<string[]> => {
  const texts: string[] = [];
  for (let i = 0; i < count; i++) texts.push(String((await subscriber.next()).value));
  return texts;
};

describe('a subscriber', () => {
  test('reads all events in their order, whether they are there or still to come', async () => {
    const subscription = begin();
    const [one, two] = [subscription.join(), subscription.join()];
    subscription.push(events(1, 2), 0);
    subscription.push([], 0);
    const rest = read(one, 4);
    subscription.push(events(3), 0);
    await new Promise(setImmediate);
    subscription.push(events(4), 0);
    expect(await rest).toEqual(['1', '2', '3', '4']);
    expect(await read(two, 4)).toEqual(['1', '2', '3', '4']);
  });

  test('takes its share of a turn only, however many read on and on of what is there', async () => {
    let now = Math.ceil(performance.now());
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    const slowly = (event: object): string => (now++, textOf(event));
    const subscribers = Array.from({ length: 20 }, () => {
      const subscription = begin(slowly);
      const subscriber = subscription.join();
      subscriber.takesTurns = true;
      subscription.push(events(...Array.from({ length: 20 }, (_, i) => i)), 0);
      return subscriber;
    });
    const turns = await turnsOf(
      () => now,
      () => Promise.all(subscribers.map((one) => read(one, 20))),
    );
    clock.mockRestore();
    expect(turns.reduce((a, b) => a + b)).toBe(400);
    expect(Math.max(...turns)).toBeLessThanOrEqual(7);
  });

  test('that joins later begins at the start', async () => {
    const subscription = begin();
    const one = subscription.join();
    subscription.push(events(1, 2), 0);
    expect(await read(one, 2)).toEqual(['1', '2']);
    expect(await read(subscription.join(), 2)).toEqual(['1', '2']);
  });

  test('is told an error last, then the end', async () => {
    const subscription = begin();
    const subscriber = subscription.join();
    subscription.push(events(1), 0);
    subscription.end(new Error('gone'));
    subscription.push(events(2), 0);
    expect(await read(subscriber, 2)).toEqual(['1', 'refused: gone']);
    expect(await subscriber.next()).toEqual({ done: true, value: undefined });
    expect(subscription.joinable).toBe(false);
  });

  test('waits for a text that takes its time', async () => {
    const subscription = begin((event) => new Promise((resolve) => setImmediate(() => resolve(textOf(event)))));
    const subscriber = subscription.join();
    subscription.push(events(1, 2), 0);
    expect(await read(subscriber, 2)).toEqual(['1', '2']);
  });

  test('is told of an event that cannot be written, and goes on', async () => {
    const subscription = begin((event) => {
      if ((event as Event).n === 1) throw new Error('no text');
      return textOf(event);
    });
    const subscriber = subscription.join();
    subscription.push(events(1, 2), 0);
    expect(await read(subscriber, 2)).toEqual(['refused: no text', '2']);
  });

  test('that leaves is woken, and its last word is the end', async () => {
    const subscription = begin();
    const subscriber = subscription.join();
    const waiting = subscriber.next();
    await subscriber.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
  });

  test('that is too slow is cut with 429, the others go on', async () => {
    const subscription = begin();
    const [slow, quick] = [subscription.join(), subscription.join()];
    for (let n = 0; n < 1100; n++) {
      subscription.push(events(n), 0);
      expect(await read(quick, 1)).toEqual([String(n)]);
    }
    await expect(slow.next()).rejects.toMatchObject({ code: 429 });
    expect((await slow.next()).done).toBe(true);
    subscription.push(events(-1), 0);
    expect(await read(quick, 1)).toEqual(['-1']);
  });

  test('may have more events to read than batches may wait', async () => {
    const subscription = begin();
    const subscriber = subscription.join();
    const many = Array.from({ length: 5000 }, (_, n) => n);
    subscription.push(events(...many), 0);
    expect(await read(subscriber, many.length)).toEqual(many.map(String));
  });
});

describe('the source', () => {
  test.each([false, true])('is ended when the last one leaves, even before it has begun: %s', async (early) => {
    const stop = vi.fn<() => void>();
    const subscription = begin();
    const [one, two] = [subscription.join(), subscription.join()];
    if (!early) subscription.closing(stop);
    await one.return();
    expect(stop).not.toHaveBeenCalled();
    await two.return();
    await two.return();
    if (early) subscription.closing(stop);
    expect(stop).toHaveBeenCalledTimes(1);
  });
  test('is ended when the only one is cut', () => {
    const stop = vi.fn<() => void>();
    const subscription = begin();
    subscription.join();
    subscription.closing(stop);
    for (let n = 0; n < 1025; n++) subscription.push(events(n), 0);
    expect(stop).toHaveBeenCalledTimes(1);
  });
});

test('an event becomes text once for those who read at one pace', async () => {
  const of = vi.fn<typeof textOf>(textOf);
  const subscription = begin(of);
  const subscribers = Array.from({ length: 5 }, () => subscription.join());
  for (let n = 0; n < 200; n++) {
    subscription.push(events(n), 0);
    for (const subscriber of subscribers) expect(await read(subscriber, 1)).toEqual([String(n)]);
  }
  expect(of).toHaveBeenCalledTimes(200);
});

describe('subscriptions are shared', () => {
  const join = (shared: SharedSubscriptions, key: string, running: Subscription[]): Subscriber =>
    shared.join(key, textOf, free, (subscription) => void running.push(subscription));

  test.each([
    ['of the same key', ['a', 'a', 'b'], () => undefined, 2],
    ['but not when it is over', ['a', 'a'], (s: Subscription) => s.end(), 2],
    ['but not after 1024 events', ['a', 'a'], (s: Subscription) => s.push(events(...Array(1025).keys()), 0), 2],
    ['but not after a mebibyte', ['a', 'a'], (s: Subscription) => s.push(events(1), 1024 * 1024 + 1), 2],
    [
      'after 1024 events of a mebibyte',
      ['a', 'a'],
      (s: Subscription) => s.push(events(...Array(1024).keys()), 1 << 20),
      1,
    ],
  ])('%s', (_, keys, between, expected) => {
    const shared = new SharedSubscriptions(refused);
    const running: Subscription[] = [];
    for (const key of keys) {
      join(shared, key, running);
      between(running[0]!);
    }
    expect(running).toHaveLength(expected);
  });

  test('up to a bound, and the others run alone', () => {
    const shared = new SharedSubscriptions(refused);
    const running: Subscription[] = [];
    for (let i = 0; i < 1001; i++) join(shared, `k${i}`, running);
    join(shared, 'k5', running);
    expect(running).toHaveLength(1001);
    join(shared, 'k1000', running);
    expect(running).toHaveLength(1002);
  });
});

describe('who reads a subscription reads by its own right', () => {
  const RIGHTS = [{ verb: 'get', path: '/' }];
  const no = new StatusError({ message: 'no', reason: 'Forbidden', code: 403 });
  /** What keeps its right until the test takes it. */
  function holding() {
    const state = { lose: (_: StatusError): void => undefined, held: 0, allowed: true };
    const hold: Hold = (_rights, onLost) => {
      if (!state.allowed) throw no;
      state.lose = onLost;
      state.held++;
      return () => void state.held--;
    };
    return { state, hold };
  }

  test('which another of the same subscription keeps when it goes', async () => {
    const subscription = begin();
    const [mine, others] = [holding(), holding()];
    const [one, two] = [subscription.join(mine.hold), subscription.join(others.hold)];
    subscription.openedBy(RIGHTS);
    subscription.push(events(1, 2), 0);
    expect(await read(one, 1)).toEqual(['1']);
    mine.state.lose(no);
    subscription.push(events(3), 0);
    expect(await one.next()).toEqual({ done: false, value: 'refused: no' });
    expect(await one.next()).toEqual({ done: true, value: undefined });
    expect(await read(two, 3)).toEqual(['1', '2', '3']);
    expect([mine.state.held, others.state.held]).toEqual([0, 1]);
    await two.return();
    expect(others.state.held).toBe(0);
  });

  test('and is told while it waits, or while a text is being made', async () => {
    for (const ahead of [[], [1]]) {
      let made: (text: string) => void = () => undefined;
      const subscription = begin(() => new Promise<string>((resolve) => (made = resolve)));
      const { state, hold } = holding();
      const one = subscription.join(hold);
      subscription.openedBy(RIGHTS);
      if (ahead.length) subscription.push(events(...ahead), 0);
      const next = one.next();
      const lost = vi.fn<() => void>();
      one.whenLost(lost);
      state.lose(no);
      made('too late');
      expect(await next).toEqual({ done: false, value: 'refused: no' });
      expect(await one.next()).toEqual({ done: true, value: undefined });
      expect(lost).toHaveBeenCalledTimes(1);
    }
  });

  test('and the source ends with the last', () => {
    const stop = vi.fn<() => void>();
    const subscription = begin();
    const { state, hold } = holding();
    subscription.join(hold);
    subscription.openedBy(RIGHTS);
    subscription.closing(stop);
    state.lose(no);
    expect(stop).toHaveBeenCalledTimes(1);
  });

  test('that has gone before the source was open is told then', async () => {
    const subscription = begin();
    const { state, hold } = holding();
    const one = subscription.join(hold);
    state.allowed = false;
    subscription.openedBy(RIGHTS);
    expect(await read(one, 1)).toEqual(['refused: no']);
  });

  test('without which it begins one of its own, to be refused there', async () => {
    const shared = new SharedSubscriptions(refused);
    const running: Subscription[] = [];
    const { state, hold } = holding();
    const join = () => shared.join('k', textOf, hold, (subscription) => void running.push(subscription));
    const one = join();
    the(running[0]).openedBy(RIGHTS);
    state.allowed = false;
    const two = join();
    expect(running).toHaveLength(2);
    the(running[0]).push(events(7), 0);
    the(running[1]).end(no);
    expect(await read(two, 1)).toEqual(['refused: no']);
    expect(await read(one, 1)).toEqual(['7']);
  });

  test.each(['return', 'cut', 'over'])('holds nothing any more after %s', async (how) => {
    const subscription = begin();
    const { state, hold } = holding();
    const one = subscription.join(hold);
    subscription.openedBy(RIGHTS);
    expect(state.held).toBe(1);
    if (how === 'return') await one.return();
    else if (how === 'cut') for (let n = 0; n < 1025; n++) subscription.push(events(n), 0);
    else {
      subscription.end();
      await one.next();
    }
    expect(state.held).toBe(0);
  });
});
