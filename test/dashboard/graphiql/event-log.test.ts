import { describe, expect, it } from 'vitest';
import { EventLog, summaryOf } from '../../../dashboard/graphiql/event-log.ts';

async function* payloads(count: number): AsyncGenerator<{ data: { podsWatch: { type: string } } }> {
  for (let n = 1; n <= count; n++) yield await Promise.resolve({ data: { podsWatch: { type: `T${n}` } } });
}
async function drain(events: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of events) count++;
  return count;
}

describe('the log of a subscription', () => {
  it('passes all on and keeps the last hundred, newest first', async () => {
    const log = new EventLog(() => new Date(0));
    let told = 0;
    const stop = log.subscribe(() => told++);
    expect(await drain(log.follow(payloads(250)))).toBe(250);
    expect(told).toBe(251);
    const events = log.snapshot();
    expect(events.map(({ number }) => number)).toEqual(Array.from({ length: 100 }, (_, i) => 250 - i));
    expect(events[0]).toMatchObject({
      type: 'T250',
      at: new Date(0),
      payload: { data: { podsWatch: { type: 'T250' } } },
    });
    stop();
    await drain(log.follow(payloads(1)));
    expect(told).toBe(251);
  });

  it('begins anew with each subscription', async () => {
    const log = new EventLog();
    await drain(log.follow(payloads(5)));
    await drain(log.follow(payloads(2)));
    expect(log.snapshot().map(({ number }) => number)).toEqual([2, 1]);
  });
});

it.each<[unknown, { type: string; object: string }]>([
  [
    { data: { podsWatch: { type: 'ADDED', object: { metadata: { namespace: 'a', name: 'b' } } } } },
    { type: 'ADDED', object: 'a/b' },
  ],
  [
    { data: { nodesWatch: { object: { metadata: { name: 'n' }, status: { conditions: [{ type: 'Ready' }] } } } } },
    { type: 'Ready', object: 'n' },
  ],
  [
    { data: null, errors: [{ message: 'no' }] },
    { type: '', object: '' },
  ],
  ['text', { type: '', object: '' }],
  [{ data: { list: Array.from({ length: 100_000 }, (_, i) => ({ i })) } }, { type: '', object: '' }],
])('is told what a payload is about: %#', (payload, summary) => {
  expect(summaryOf(payload)).toEqual(summary);
});
