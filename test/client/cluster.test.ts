import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { Cluster } from '../../src/client/cluster.ts';
import type { GraphQLRequest, GraphQLResult, Transport } from '../../src/client/contract.ts';
import type { LiveList } from '../../src/client/live-list.ts';
import { Channel } from '../../src/meta/channel.ts';
import { serviceUnavailable } from '../../src/meta/status.ts';

const status = (code: number, reason: string) => ({
  errors: [{ message: reason, extensions: { status: { message: reason, reason, code } } }],
});
const payload = (podsLive: unknown): GraphQLResult => ({ data: { podsLive } });

/** A transport whose subscriptions the test feeds, and timers that fire at once. */
function setUp(answer: GraphQLResult = { data: {} }) {
  const requests: GraphQLRequest[] = [];
  const opened: Channel<GraphQLResult>[] = [];
  const waiting: ((channel: Channel<GraphQLResult>) => void)[] = [];
  const transport: Transport = {
    execute: (request) => {
      requests.push(request);
      return Promise.resolve(answer);
    },
    subscribe(request) {
      requests.push(request);
      const channel = new Channel<GraphQLResult>(100, () => new Error('overflow'));
      opened.push(channel);
      waiting.shift()?.(channel);
      return channel;
    },
    close: () => Promise.resolve(),
  };
  const timers = { setTimeout: (run: () => void) => queueMicrotask(run), clearTimeout: () => undefined };
  const next = () => new Promise<Channel<GraphQLResult>>((resolve) => waiting.push(resolve));
  return { cluster: new Cluster(transport, timers, () => 0.5), requests, next };
}

const LIVE = 'subscription ($resume: String) { podsLive(resume: $resume) { type } }';

describe('a cluster', () => {
  it('sends a document as a text or as a tree, and throws what is refused', async () => {
    const { cluster, requests } = setUp({ data: { a: 1 } });
    expect(await cluster.query('{ a }')).toEqual({ a: 1 });
    expect(await cluster.query(parse('query A { a }'), { n: 1 })).toEqual({ a: 1 });
    expect(requests).toEqual([{ query: '{ a }' }, { query: 'query A {\n  a\n}', variables: { n: 1 } }]);
    await expect(setUp(status(404, 'NotFound')).cluster.query('{ a }')).rejects.toMatchObject({ code: 404 });
  });

  it('gives the payloads of a subscription until it is left', async () => {
    const { cluster, next } = setUp();
    const events = cluster.subscribe<{ n: number }, unknown>('subscription { n }');
    const opened = next();
    const first = events.next();
    const channel = await opened;
    channel.push({ data: { n: 1 } });
    expect(await first).toEqual({ done: false, value: { n: 1 } });
    await events.return();
    expect(channel.push({ data: { n: 2 } })).toBe(false);
  });
});

describe('a live query', () => {
  it('goes on after its connection was lost, from where it was', async () => {
    const { cluster, requests, next } = setUp();
    const lost: unknown[] = [];
    const lists = cluster.live(LIVE, { a: 1 }, { onLost: (error) => lost.push(error) });
    let opened = next();
    let list = lists.next();
    let channel = await opened;
    channel.push(payload({ type: 'RESULT', items: ['a'], resume: 'r1' }));
    expect(itemsOf(await list)).toEqual(['a']);
    list = lists.next();
    channel.push(payload({ type: 'CHANGES', changes: [{ type: 'ENTER', to: 1, object: 'b' }], resume: 'r2' }));
    expect(itemsOf(await list)).toEqual(['a', 'b']);
    opened = next();
    list = lists.next();
    channel.end(serviceUnavailable('gone'));
    channel = await opened;
    expect(lost).toMatchObject([{ code: 503 }]);
    channel.push(payload({ type: 'CHANGES', changes: [{ type: 'LEAVE', from: 0 }], resume: 'r3' }));
    expect(itemsOf(await list)).toEqual(['b']);
    expect(requests.map(({ variables }) => variables)).toEqual([{ a: 1 }, { a: 1, resume: 'r2' }]);
    await lists.return();
  });

  it('that cannot say from where begins anew', async () => {
    const { cluster, requests, next } = setUp();
    const lists = cluster.live('subscription { podsLive { type } }');
    let opened = next();
    let list = lists.next();
    let channel = await opened;
    channel.push(payload({ type: 'RESULT', items: ['a'] }));
    await list;
    opened = next();
    list = lists.next();
    channel.end();
    channel = await opened;
    channel.push(payload({ type: 'RESULT', items: ['c'] }));
    expect(itemsOf(await list)).toEqual(['c']);
    expect(requests.map(({ variables }) => variables)).toEqual([{}, {}]);
    await lists.return();
  });

  it.each([403, 400, 401])('ends with what asking again cannot mend: %i', async (code) => {
    const { cluster, next } = setUp();
    const lists = cluster.live(LIVE);
    const opened = next();
    const list = lists.next();
    (await opened).push(status(code, 'no'));
    await expect(list).rejects.toMatchObject({ code });
  });

  it('ends when it is told to, also while it waits', async () => {
    const { cluster, next } = setUp();
    const ending = new AbortController();
    const lists = cluster.live(LIVE, {}, { signal: ending.signal });
    const opened = next();
    const list = lists.next();
    const channel = await opened;
    ending.abort();
    expect(await list).toEqual({ done: true, value: undefined });
    expect(channel.push(payload({ type: 'RESULT' }))).toBe(false);
  });
});

const itemsOf = (result: IteratorResult<LiveList>): readonly unknown[] | undefined =>
  result.done ? undefined : result.value.items;
