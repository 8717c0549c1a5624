import { describe, expect, test } from 'vitest';
import { RightsVersions } from '../../../src/api/authorization/rights-versions.ts';
import { stepsBetween } from '../../../src/resolvers/live/steps-between.ts';
import type { Subscriber } from '../../../src/resolvers/live/subscriber.ts';
import { Subscription } from '../../../src/resolvers/live/subscription.ts';
import type { Stored } from '../../../src/store/contract.ts';

interface Event {
  text: string | undefined;
}
const begin = (): { subscription: Subscription; told: (string | undefined)[]; push: (n: number) => void } => {
  const told: (string | undefined)[] = [];
  let newest = 0;
  const subscription = new Subscription(
    (event) => (event as Event).text,
    (error) => `refused: ${(error as Error).message}`,
  );
  const push = (n: number): void => {
    newest = n;
    subscription.push([{ text: n % 10 === 9 ? undefined : String(n) }], 1);
  };
  subscription.tellsLatest((resume) => {
    told.push(resume);
    if (resume === 'wrong') throw new Error('no token');
    return { text: `all until ${newest}` };
  });
  return { subscription, told, push };
};
const text = async (subscriber: Subscriber): Promise<string> => String((await subscriber.next()).value);

describe('a subscription that has a latest state', () => {
  test('begins with it for each who joins, and goes on with what comes', async () => {
    const { subscription, push } = begin();
    const one = subscription.join();
    expect(await text(one)).toBe('all until 0');
    push(1);
    push(2);
    const two = subscription.join();
    expect(await text(two)).toBe('all until 2');
    push(3);
    expect([await text(one), await text(one), await text(one)]).toEqual(['1', '2', '3']);
    expect(await text(two)).toBe('3');
  });

  test('gives who is too slow the latest state, and cuts nobody', async () => {
    const { subscription, push } = begin();
    const [slow, quick] = [subscription.join(), subscription.join()];
    await Promise.all([slow.next(), quick.next()]);
    for (let n = 1; n <= 500; n++) {
      push(n);
      if (n % 10 !== 9) expect(await text(quick)).toBe(String(n));
    }
    const first = await text(slow);
    expect(first).toMatch(/^all until /);
    push(501);
    expect([await text(quick), await text(slow)]).toEqual(['501', '501']);
  });

  test('says nothing of an event that turns out to be none', async () => {
    const { subscription, push } = begin();
    const one = subscription.join();
    await one.next();
    const waiting = text(one);
    push(9);
    push(10);
    expect(await waiting).toBe('10');
  });

  test('goes on from a token once, and tells what is wrong with another', async () => {
    const { subscription, told } = begin();
    const free = () => () => undefined;
    await subscription.join(free, 'where it was').next();
    const wrong = subscription.join(free, 'wrong');
    expect(await text(wrong)).toBe('refused: no token');
    expect((await wrong.next()).done).toBe(true);
    const again = subscription.join(free, 'where it was');
    await again.next();
    subscription.beginsAnew();
    await again.next();
    expect(told).toEqual(['where it was', 'wrong', 'where it was', undefined]);
  });
});

describe('the steps from one result to another', () => {
  const stored = (uid: string, revision = 1): Stored => ({ uid, revision }) as Stored;
  test.each([
    [['a', 'b', 'c'], ['a', 'b', 'c'], []],
    [['a', 'b', 'c'], ['c'], ['LEAVE 1', 'LEAVE 0']],
    [['a'], ['b', 'a', 'c'], ['ENTER 0', 'ENTER 2']],
    [['a', 'b', 'c'], ['c', 'a', 'b'], ['MOVE 2 0']],
    [[], [], []],
  ])('%j → %j', (then, now, said) => {
    const steps = stepsBetween(
      then.map((uid) => stored(uid)),
      now.map((uid) => stored(uid)),
    );
    expect(steps?.map(({ type, from, to }) => [type, from, to].filter((part) => part !== null).join(' '))).toEqual(
      said,
    );
  });

  test('tell of what is another now, and are none where the result is shorter', () => {
    expect(stepsBetween([stored('a')], [stored('a', 2)])).toMatchObject([{ type: 'UPDATE', from: 0, to: 0 }]);
    const many = Array.from({ length: 1000 }, (_, i) => stored(`u${i}`));
    expect(stepsBetween(many, [...many].reverse())).toBeUndefined();
  });
});

test('rights have another version after each change of one of the subjects, and of no other', () => {
  const versions = new RightsVersions();
  const mine = (): string => versions.of(['u:me', 'g:us']);
  const seen = new Set([mine()]);
  versions.changed(['u:you']);
  seen.add(mine());
  expect(seen.size).toBe(1);
  for (const change of [['u:me'], ['g:us', 'u:you'], ['u:me']]) {
    versions.changed(change);
    seen.add(mine());
  }
  versions.changed(Array.from({ length: 10_001 }, (_, i) => `u:${i}`));
  seen.add(mine());
  expect(seen.size).toBe(5);
});
