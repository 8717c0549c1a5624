import { expect, test } from 'vitest';
import { Channel } from '../../../src/meta/channel.ts';
import { LogMerge } from '../../../src/resolvers/logs/log-merge.ts';
import type { LogLine } from '../../../src/resolvers/logs/log-line.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const line = (pod: string, order: number, text = ''): LogLine => ({ time: null, pod, container: 'c', text, order });
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const logOf = (): Channel<LogLine[]> => new Channel<LogLine[]>(1000, () => new Error('full'));

class Sink {
  full = false;
  readonly lines: string[] = [];
  push(lines: readonly LogLine[]): void {
    for (const { pod, order } of lines) this.lines.push(`${pod}${order}`);
  }
}

test('the oldest line of all logs comes next, and a quiet log holds nobody up for long', async () => {
  const clock = new FakeClock();
  const sink = new Sink();
  const merge = new LogMerge(sink, clock);
  const [a, b] = [logOf(), logOf()];
  const all = [merge.add(a), merge.add(b)];
  a.push([line('a', 1), line('a', 4)]);
  await turn();
  expect(sink.lines).toEqual([]);
  b.push([line('b', 2), line('b', 3)]);
  await turn();
  expect(sink.lines).toEqual(['a1', 'b2', 'b3']);
  await clock.advance(50);
  expect(sink.lines).toEqual(['a1', 'b2', 'b3', 'a4']);
  a.push([line('a', 5)]);
  await turn();
  expect(sink.lines.at(-1)).toBe('a5');
  a.end();
  b.end();
  await Promise.all(all);
});

test('what nobody takes is not read', async () => {
  const sink = new Sink();
  sink.full = true;
  const merge = new LogMerge(sink, new FakeClock());
  let read = 0;
  const endless = async function* (): AsyncGenerator<LogLine[]> {
    for (;;) {
      await turn();
      yield [line('a', ++read, 'x'.repeat(1000))];
    }
  };
  const added = merge.add(endless());
  for (let turns = 0; turns < 300; turns++) await turn();
  const stuck = read;
  expect(stuck).toBeLessThan(100);
  sink.full = false;
  merge.pump();
  for (let turns = 0; turns < 20; turns++) await turn();
  expect(read).toBeGreaterThan(stuck);
  expect(sink.lines.slice(0, 3)).toEqual(['a1', 'a2', 'a3']);
  merge.stop();
  await added;
});
