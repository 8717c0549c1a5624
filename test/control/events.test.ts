import { describe, expect, it } from 'vitest';
import { createEventRecorder } from '../../src/control/events.ts';
import { FakeApi } from '../support/fake-api.ts';

const about = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'a', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
};

async function record(send: (event: (message: string) => void) => void) {
  const api = await FakeApi.open();
  const { client, clock } = api;
  const recorder = createEventRecorder({ client, component: 'c', clock });
  send((message) => recorder.event(about, 'Warning', 'Bad', message));
  await api.quiet();
  return api.list('events');
}

describe('event recorder', () => {
  it('writes a core event with its source', async () => {
    const [event] = await record((send) => send('x'));
    expect(event).toMatchObject({
      message: 'x',
      count: 1,
      source: { component: 'c' },
      type: 'Warning',
      reason: 'Bad',
      involvedObject: { kind: 'Pod', name: 'p', uid: 'u' },
    });
    expect(event!.metadata.name).toMatch(/^p\.[0-9a-f]{16}$/);
  });

  it('counts identical events on one object', async () => {
    const events = await record((send) => {
      for (let i = 0; i < 3; i++) send('x');
    });
    expect(events.map(({ message, count }) => [message, count])).toEqual([['x', 3]]);
  });

  it('combines many similar events', async () => {
    const events = await record((send) => {
      for (let i = 0; i < 15; i++) send(`message ${i}`);
    });
    expect(events).toHaveLength(10);
    expect(events.at(-1)).toMatchObject({ message: '(combined from similar events): message 14', count: 6 });
  });

  it('drops what one object says too often', async () => {
    const events = await record((send) => {
      for (let i = 0; i < 100; i++) send('x');
    });
    expect(events[0]!.count).toBe(25);
  });
});
