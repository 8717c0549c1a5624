import { beforeEach, describe, expect, it } from 'vitest';
import { WorkQueue } from '../../src/control/queue.ts';
import { FakeClock } from '../support/fake-clock.ts';

describe('work queue', () => {
  let clock: FakeClock;
  let queue: WorkQueue;
  beforeEach(() => {
    clock = new FakeClock();
    queue = new WorkQueue({ clock });
  });

  it('gives each key once, however often it was added', () => {
    for (const key of ['a', 'b', 'a']) queue.add(key);
    expect([queue.take(), queue.take(), queue.take()]).toEqual(['a', 'b', undefined]);
  });

  it('gives a key again that was added while it was worked on, but not before that is done', () => {
    queue.add('a');
    queue.take();
    queue.add('a');
    expect(queue.take()).toBeUndefined();
    queue.done('a');
    expect(queue.take()).toBe('a');
  });

  it('waits twice as long after each failure, up to 1000 s, and forgets', () => {
    const delays = Array.from({ length: 20 }, () => queue.addRateLimited('a'));
    expect(delays.slice(0, 4)).toEqual([5, 10, 20, 40]);
    expect(delays.at(-1)).toBe(1_000_000);
    queue.forget('a');
    expect(queue.addRateLimited('a')).toBe(5);
  });

  it('takes the earliest of several delays', async () => {
    queue.addAfter('a', 100);
    queue.addAfter('a', 10);
    queue.addAfter('a', 50);
    await clock.advance(10);
    expect(queue.take()).toBe('a');
    queue.done('a');
    await clock.advance(1000);
    expect(queue.take()).toBeUndefined();
  });

  it('refuses keys above its bound and tells them', () => {
    const refused: string[] = [];
    const small = new WorkQueue({ clock, limit: 1, onOverflow: (key) => refused.push(key) });
    small.add('a');
    small.add('b');
    expect(refused).toEqual(['b']);
  });
});
