import { expect, test } from 'vitest';
import { FollowAddress } from '../../../src/addons/ingress/follow-address.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function machine(...own: string[]) {
  return { own, address: () => own[0], owns: (address: string) => own.includes(address) };
}

test('an address that the machine has stays, though it has got others', async () => {
  const clock = new FakeClock();
  const here = machine('192.0.2.1');
  const used: (readonly string[])[] = [];
  const follow = new FollowAddress({
    machine: here,
    clock,
    log: () => undefined,
    use: async (now) => void used.push(now),
  });
  follow.start();
  here.own.unshift('192.0.2.9');
  await clock.advance(20_000);
  expect(used).toEqual([]);
  follow.stop();
});

test('another address is taken when the one before has gone, until it can be had', async () => {
  const clock = new FakeClock();
  const here = machine('192.0.2.1');
  const used: (readonly string[])[] = [];
  let fails = 1;
  const use = async (now: readonly string[]): Promise<void> => {
    used.push(now);
    if (fails-- > 0) throw new Error('not yet');
  };
  const follow = new FollowAddress({ machine: here, clock, log: () => undefined, use });
  expect(follow.current).toEqual(['127.0.0.1', '192.0.2.1']);
  follow.start();
  here.own[0] = '192.0.2.2';
  await clock.advance(20_000);
  expect(used).toEqual([
    ['127.0.0.1', '192.0.2.2'],
    ['127.0.0.1', '192.0.2.2'],
  ]);
  expect(follow.current).toEqual(['127.0.0.1', '192.0.2.2']);
  follow.stop();
});
