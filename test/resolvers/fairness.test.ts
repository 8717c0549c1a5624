import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { FlowControl } from '../../src/api/fairness/flow-control.ts';
import { tooManyRequests } from '../../src/meta/status.ts';
import { createGraphQL, type GraphQLFacade } from '../../src/resolvers/graphql.ts';
import { RecordingApi, asUser } from './recording-api.ts';

let graphql: GraphQLFacade;
let server: Server;
let base: string;
let full: boolean;
let seats: number[];
let released: number;

const flowControl: FlowControl = {
  admit: (user, attributes, wide) => {
    expect([user.name, attributes]).toEqual(['me', { verb: 'post', path: '/graphql' }]);
    seats.push(wide!);
    if (full) return Promise.reject(tooManyRequests('Too many requests, please try again later.', 1));
    return Promise.resolve({ release: () => void released++, schema: 's', level: 'l' });
  },
  lines: () => [],
  close: () => undefined,
};

beforeEach(async () => {
  [full, seats, released] = [false, [], 0];
  const fake = new RecordingApi();
  fake.put('pods', { metadata: { namespace: 'a', name: 'x' } });
  graphql = createGraphQL({ api: fake.api, flowControl });
  server = createServer((req, res) => void graphql.handler(req, res, asUser('me')));
  server.on('upgrade', (req, socket, head) => graphql.onUpgrade(req, socket, head, asUser('me')));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  base = `127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
});
afterEach(async () => {
  await graphql.close();
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

const POD = '{ pod(namespace: "a", name: "x") { metadata { name } } }';
const WATCH = 'subscription { podsWatch(namespace: "a") { type } }';
const post = (body: unknown, accept = '*/*') =>
  fetch(`http://${base}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify(body),
  });

/** The first message that is about the operation, over a WebSocket. */
const overSocket = (query: string) =>
  new Promise<{ type: string; payload: unknown }>((resolve, reject) => {
    const socket = new WebSocket(`ws://${base}`, 'graphql-transport-ws');
    socket.on('open', () => socket.send('{"type":"connection_init"}'));
    socket.on('error', reject);
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as { type: string; payload: unknown };
      if (message.type === 'connection_ack')
        return socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
      socket.close();
      resolve(message);
    });
  });

describe('fairness of operations', () => {
  test('an operation has its seat while it runs', async () => {
    expect((await post({ query: POD })).status).toBe(200);
    expect([seats, released]).toEqual([[1], 1]);
  });

  test('one that may produce many fields is wider, within a bound', async () => {
    await post({ query: '{ pods(first: 1000) { items { metadata { name uid } } } }' });
    await post({ query: '{ pods(first: 100000) { items { metadata { name uid } } } }' });
    expect(seats[0]).toBeGreaterThan(1);
    expect(seats[1]).toBe(10);
  });

  test('several in one request are as wide as they are together', async () => {
    await post([{ query: POD }, { query: POD }]);
    expect([seats, released]).toEqual([[2], 1]);
  });

  test('what is refused is 429 with Retry-After and a Status', async () => {
    full = true;
    const answer = await post({ query: POD });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '1']);
    expect(await answer.json()).toMatchObject({
      errors: [{ extensions: { code: 429, reason: 'TooManyRequests', status: { kind: 'Status' } } }],
    });
    expect((await post([{ query: POD }])).status).toBe(429);
  });

  test.each([POD, WATCH])('over a WebSocket %s is refused with the same error', async (query) => {
    full = true;
    expect(JSON.stringify(await overSocket(query))).toContain('"code":429');
  });

  test('a subscription gives its seat back once it has begun', async () => {
    const stop = new AbortController();
    const answer = await fetch(`http://${base}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: WATCH }),
      signal: stop.signal,
    });
    expect(answer.status).toBe(200);
    await expect.poll(() => released).toBe(1);
    stop.abort();
  });

  test('an event stream tells what was refused', async () => {
    full = true;
    expect(await (await post({ query: POD }, 'text/event-stream')).text()).toContain('"code":429');
    expect(await (await post({ query: WATCH }, 'text/event-stream')).text()).toContain('"code":429');
  });
});
