import { expect, test } from 'vitest';
import type { RequestContext } from '../../../src/api/contract.ts';
import { OpenStreams } from '../../../src/api/streams/open-streams.ts';
import { StatusError } from '../../../src/meta/status.ts';

function client(name: string): { ctx: RequestContext; leave(): void } {
  const controller = new AbortController();
  const ctx = { user: { name, groups: [] }, agent: 'test', warn: () => undefined, signal: controller.signal };
  return { ctx, leave: () => controller.abort() };
}

const refused = (run: () => void): object | undefined => {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof StatusError ? error.status : undefined;
  }
};

test('a user has so many and no more, and takes them from nobody', () => {
  const streams = new OpenStreams(2, 3);
  const [first, second, third] = [client('ann'), client('ann'), client('ann')];
  for (const { ctx } of [first, second]) streams.open(ctx);
  expect(refused(() => streams.open(third.ctx))).toMatchObject({
    code: 429,
    reason: 'TooManyRequests',
    message: 'user "ann" has too many open streams: 2',
    details: { retryAfterSeconds: 1 },
  });
  const bob = client('bob');
  streams.open(bob.ctx);
  first.leave();
  streams.open(third.ctx);
  expect(refused(() => streams.open(client('eve').ctx))).toMatchObject({
    code: 429,
    message: 'the server has too many open streams: 3',
  });
  bob.leave();
  streams.open(client('eve').ctx);
});

test('who has left before holds nothing', () => {
  const streams = new OpenStreams(1, 1);
  for (let i = 0; i < 3; i++) {
    const gone = client('ann');
    gone.leave();
    streams.open(gone.ctx);
  }
  expect(refused(() => streams.open(client('ann').ctx))).toBeUndefined();
});
