import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createGraphQL, type GraphQLFacade } from '../../src/resolvers/graphql.ts';
import { RecordingApi, asUser } from './recording-api.ts';

let fake: RecordingApi;
let graphql: GraphQLFacade;
let server: Server;
let address: string;

beforeEach(async () => {
  fake = new RecordingApi();
  graphql = createGraphQL({ api: fake.api });
  server = createServer();
  server.on('upgrade', (req, socket, head) => graphql.onUpgrade(req, socket, head, asUser('me')));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  address = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
});
afterEach(async () => {
  await graphql.close();
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

type Message = { type: string; id?: string; payload?: unknown };

/** A client that says exactly what it is told to. */
class RawClient {
  readonly ws: WebSocket;
  private readonly received: Message[] = [];
  private wake = () => {};
  readonly closed: Promise<number>;

  constructor(protocols = ['graphql-transport-ws'], headers: Record<string, string> = {}) {
    this.ws = new WebSocket(address, protocols, { headers });
    this.ws.on('message', (data) => {
      this.received.push(JSON.parse(String(data)) as Message);
      this.wake();
    });
    this.ws.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.ws.once('close', resolve));
  }
  async say(...messages: unknown[]): Promise<this> {
    if (this.ws.readyState === WebSocket.CONNECTING) await new Promise((open) => this.ws.once('open', open));
    for (const message of messages) this.ws.send(typeof message === 'string' ? message : JSON.stringify(message));
    return this;
  }
  async next(): Promise<Message> {
    while (!this.received.length) await new Promise<void>((resolve) => (this.wake = resolve));
    return this.received.shift()!;
  }
}
const INIT = { type: 'connection_init' };
const subscribe = (id: string, query: string) => ({ type: 'subscribe', id, payload: { query } });
const withToken = () => ({ ...INIT, payload: { authorization: 'Bearer t' } });
const NAMES = '{ pods { items { metadata { name } } } }';

describe('a connection is closed', () => {
  test.each([
    ['that names no protocol', [], 4406, []],
    ['that does not say JSON', ['{'], 4400],
    ['that says a list', ['[]'], 4400],
    ['of unknown words', [{ type: 'start' }], 4400],
    ['without a query', [INIT, { type: 'subscribe', id: '1', payload: {} }], 4400],
    [
      'whose variables are a list',
      [INIT, { type: 'subscribe', id: '1', payload: { query: NAMES, variables: [] } }],
      4400,
    ],
    ['that has not said hello', [subscribe('1', NAMES)], 4401],
    ['that says hello twice', [INIT, INIT], 4429],
    ['of a wrong token', [{ ...INIT, payload: { authorization: 'Bearer wrong' } }], 4403],
    [
      'that uses an id twice',
      [INIT, subscribe('1', 'subscription { podsWatch { type } }'), subscribe('1', NAMES)],
      4409,
    ],
  ])('%s', async (_, messages, code, protocols?: string[]) => {
    const client = new RawClient(protocols);
    const [first, ...rest] = messages;
    if (first) await client.say(first);
    if (first === INIT && rest[0] !== INIT) expect(await client.next()).toEqual({ type: 'connection_ack' });
    await client.say(...rest);
    expect(await client.closed).toBe(code);
  });
});

describe('a page of another site', () => {
  const own = (): string => `http://${new URL(address).host}`;
  test.each([
    ['is not who its browser is', () => ({ origin: 'https://elsewhere' }), INIT, 4403],
    ['of another port neither', () => ({ origin: 'http://127.0.0.1:1' }), INIT, 4403],
    ['of no site neither', () => ({ origin: 'null' }), INIT, 4403],
    ['of this server is', () => ({ origin: own() }), INIT, undefined],
    ['with a token of its own is let in', () => ({ origin: 'https://elsewhere' }), withToken(), undefined],
    [
      'is none where the request has a token',
      () => ({ origin: 'https://x', authorization: 'Bearer x' }),
      INIT,
      undefined,
    ],
    ['is none without an origin', () => ({}), INIT, undefined],
  ])('%s', async (_, headers, init, code) => {
    fake.api.authenticate = () => Promise.resolve({ name: 'me', groups: [], extra: {} });
    const client = await new RawClient(undefined, headers()).say(init);
    if (code) expect(await client.closed).toBe(code);
    else expect(await client.next()).toEqual({ type: 'connection_ack' });
  });
});

test('a query is answered once and complete, beside others', async () => {
  fake.put('pods', { metadata: { namespace: 'a', name: 'x' } });
  const client = await new RawClient().say(INIT);
  await client.next();
  await client.say({ type: 'ping', payload: { a: 1 } });
  expect(await client.next()).toEqual({ type: 'pong', payload: { a: 1 } });
  await client.say(subscribe('"', NAMES));
  expect(await client.next()).toEqual({
    id: '"',
    type: 'next',
    payload: { data: { pods: { items: [{ metadata: { name: 'x' } }] } } },
  });
  expect(await client.next()).toEqual({ id: '"', type: 'complete' });
  await client.say(subscribe('2', 'subscription { nothing }'));
  expect(await client.next()).toMatchObject({ id: '2', type: 'error', payload: [{ extensions: { code: 400 } }] });
});

test('a subscription that is completed ends its watch, and its id is free', async () => {
  const client = await new RawClient().say(INIT);
  await client.next();
  for (let i = 0; i < 2; i++) {
    await client.say(subscribe('1', 'subscription { podsWatch(resourceVersion: "1") { type } }'));
    while (fake.watchers.size === 0) await new Promise(setImmediate);
    await client.say({ type: 'complete', id: '1' });
    while (fake.watchers.size > 0) await new Promise(setImmediate);
  }
  await client.say(subscribe('1', 'subscription { podsWatch(resourceVersion: "1") { type } }'));
  while (fake.watchers.size === 0) await new Promise(setImmediate);
  client.ws.terminate();
  while (fake.watchers.size > 0) await new Promise(setImmediate);
});

test.each([10, 100, 40_000, 100_000])('a message with an object of %i bytes arrives whole', async (size) => {
  fake.put('configmaps', { metadata: { namespace: 'a', name: 'x' }, data: { text: 'é'.repeat(size / 2) } });
  const client = await new RawClient().say(INIT);
  await client.next();
  const query = '{ object(resource: "configmaps", namespace: "a", name: "x") }';
  await client.say(subscribe('1', query), subscribe('2', query));
  const messages: Message[] = [];
  while (messages.length < 4) messages.push(await client.next());
  for (const id of ['1', '2']) {
    const [first, last] = messages.filter((message) => message.id === id);
    expect(first).toMatchObject({
      payload: { data: { object: { kind: 'ConfigMap', data: { text: 'é'.repeat(size / 2) } } } },
    });
    expect(last).toEqual({ id, type: 'complete' });
  }
});

test('a client that does not read is cut, and another of the same subscription goes on', async () => {
  const query = 'subscription { objectsWatch(resource: "configmaps", resourceVersion: "1") }';
  const [slow, quick] = [await new RawClient().say(INIT), await new RawClient().say(INIT)];
  await Promise.all([slow.next(), quick.next()]);
  await Promise.all([slow.say(subscribe('1', query)), quick.say(subscribe('1', query))]);
  while (fake.watchers.size === 0) await new Promise(setImmediate);
  // Both have the first event: from here on they share one execution.
  fake.put('configmaps', { metadata: { namespace: 'a', name: 'first' } });
  await Promise.all([slow.next(), quick.next()]);
  slow.ws.pause();
  const text = 'x'.repeat(50_000);
  for (let i = 0; i < 1500; i++) {
    fake.put('configmaps', { metadata: { namespace: 'a', name: `c${i}` }, data: { text } });
    expect(await quick.next()).toMatchObject({
      type: 'next',
      payload: { data: { objectsWatch: [{ object: { metadata: { name: `c${i}` } } }] } },
    });
  }
  slow.ws.resume();
  let last = await slow.next();
  while (last.type === 'next') last = await slow.next();
  expect(last).toMatchObject({ type: 'error', payload: [{ extensions: { code: 429 } }] });
});
