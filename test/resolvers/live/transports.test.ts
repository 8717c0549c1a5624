import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { GraphQLResult } from '../../../src/client/contract.ts';
import { applyLive, type LiveList, type LivePayload } from '../../../src/client/live-list.ts';
import { FakeApi } from '../../support/fake-api.ts';
import { asUser } from '../recording-api.ts';
import { namespace } from '../where/support.ts';

let cluster: FakeApi;
let server: Server;
let port: number;
const caller = asUser('admin', ['system:masters', 'system:authenticated']);
beforeEach(async () => {
  cluster = await FakeApi.open();
  server = createServer((req, res) => void cluster.graphql.handler(req, res, caller));
  server.on('upgrade', (req, socket, head) => cluster.graphql.onUpgrade(req, socket, head, caller));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  ({ port } = server.address() as AddressInfo);
});
afterEach(async () => {
  // its web sockets too, which are no connections of the server any more
  await cluster.close();
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

/** What has come and was not read yet. */
class Inbox {
  private readonly all: (GraphQLResult | undefined)[] = [];
  private wake = (): void => undefined;

  put(result: GraphQLResult | undefined): void {
    this.all.push(result);
    this.wake();
  }
  /** Undefined: the subscription is over. */
  async next(): Promise<GraphQLResult | undefined> {
    while (this.all.length === 0) await new Promise<void>((resolve) => (this.wake = resolve));
    return this.all.shift();
  }
}

/** A subscription as a client has it, who may stop reading what comes. */
interface Client {
  inbox: Inbox;
  pause(): void;
  resume(): void;
}

async function overWebSocket(query: string): Promise<Client> {
  const inbox = new Inbox();
  const ws = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws');
  ws.on('message', (data) => {
    const { type, payload } = JSON.parse(String(data)) as { type: string; payload: unknown };
    if (type === 'connection_ack') ws.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
    else if (type === 'next') inbox.put(payload as GraphQLResult);
    else if (type === 'error') inbox.put({ errors: payload as NonNullable<GraphQLResult['errors']> });
    if (type === 'error' || type === 'complete') inbox.put(undefined);
  });
  ws.once('close', () => inbox.put(undefined));
  await new Promise((open) => ws.once('open', open));
  ws.send('{"type":"connection_init"}');
  return { inbox, pause: () => ws.pause(), resume: () => ws.resume() };
}

async function overEventStream(query: string): Promise<Client> {
  const inbox = new Inbox();
  const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = httpRequest({ host: '127.0.0.1', port, path: '/graphql', method: 'POST', headers }, resolve);
    asked.on('error', reject);
    asked.end(JSON.stringify({ query }));
  });
  expect(response.headers['content-type']).toContain('text/event-stream');
  const pieces: string[] = [];
  response.setEncoding('utf8').on('data', (piece: string) => {
    pieces.push(piece);
    if (!piece.includes('\n\n') && !piece.startsWith('\n')) return;
    const blocks = pieces.splice(0).join('').split('\n\n');
    pieces.push(blocks.pop() ?? '');
    for (const block of blocks) {
      const said = /^data: (.*)$/m.exec(block)?.[1];
      if (/^event: complete$/m.test(block)) inbox.put(undefined);
      else if (said) inbox.put(JSON.parse(said) as GraphQLResult);
    }
  });
  response.on('error', () => undefined);
  return { inbox, pause: () => void response.pause(), resume: () => void response.resume() };
}

const TRANSPORTS = [
  ['a web socket', overWebSocket],
  ['an event stream', overEventStream],
] as const;

type Item = { metadata: { uid: string; namespace: string; name: string; resourceVersion: string } };
type Payload = LivePayload<Item> & { totalCount: number };

/** More than all buffers between server and client hold. */
const MUCH = 64 * 1024 * 1024;
const LARGE = 'x'.repeat(900_000);
const ITEM = 'metadata { uid namespace name resourceVersion }';
const configMap = (where: string, name: string, data = {}) =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: where, name }, data }) as never;
const write = (where: string, name: string, n: number): Promise<unknown> =>
  cluster.client.patch('configmaps', where, name, { data: { n: String(n), text: LARGE } });
const dataOf = <T>(result: GraphQLResult | undefined): T => {
  if (!result?.data) throw new Error(`no data: ${JSON.stringify(result)}`);
  return Object.values(result.data)[0] as T;
};

describe.each(TRANSPORTS)('over %s', (_, connect) => {
  const LIVE = `namespaces: ["a", "b"], orderBy: [{ metadata: { name: DESC } }]`;
  const live = (more = ''): string =>
    `subscription { configMapsLive(${LIVE}) { type items { ${ITEM} ${more} } totalCount
      changes { type from to object { ${ITEM} ${more} } } } }`;
  const now = async (): Promise<Item[]> => {
    const { data } = await cluster.transport.execute({ query: `{ configMaps(${LIVE}) { items { ${ITEM} } } }` });
    return (data as { configMaps: { items: Item[] } }).configMaps.items;
  };

  /** A live query's client, and what it has of each result. */
  const follow = ({ inbox }: Client) => {
    let list: LiveList<Item> | undefined;
    const types: string[] = [];
    const next = async (): Promise<void> => {
      const payload = dataOf<Payload>(await inbox.next());
      types.push(payload.type);
      list = applyLive(list, payload);
    };
    const places = (items: readonly Item[]) => items.map(({ metadata }) => Object.values(metadata));
    const catchUp = async (): Promise<void> => {
      const wanted = places(await now());
      while (!isDeepStrictEqual(places(list?.items ?? []), wanted)) await next();
    };
    return { types, next, catchUp };
  };

  test('a live query of several namespaces begins with its result and goes on with what changes of it', async () => {
    await cluster.give(namespace('b'), namespace('c'));
    await cluster.client.create('configmaps', configMap('a', 'one'));
    const reader = follow(await connect(live()));
    await reader.next();
    expect(reader.types).toEqual(['RESULT']);
    await cluster.client.create('configmaps', configMap('c', 'elsewhere'));
    await cluster.client.create('configmaps', configMap('b', 'two'));
    await reader.catchUp();
    await cluster.client.delete('configmaps', 'a', 'one');
    await reader.catchUp();
    expect(new Set(reader.types.slice(1))).toEqual(new Set(['CHANGES']));
  });

  test('who reads a live query too slowly goes on with the latest result, and holds nobody up', async () => {
    await cluster.give(namespace('b'));
    for (const where of ['a', 'b']) await cluster.client.create('configmaps', configMap(where, 'large'));
    const [slow, quick] = [await connect(live('dataJSON')), await connect(live('dataJSON'))];
    const [late, other] = [follow(slow), follow(quick)];
    await late.next();
    await other.next();
    slow.pause();
    for (let n = 1; n * LARGE.length < MUCH; n++) {
      await write(n % 2 ? 'a' : 'b', 'large', n);
      await other.catchUp();
    }
    slow.resume();
    await late.catchUp();
    expect(other.types.filter((type) => type === 'RESULT')).toHaveLength(1);
    expect(late.types.filter((type) => type === 'RESULT').length).toBeGreaterThan(1);
    expect(late.types.length).toBeLessThan(other.types.length);
  });

  test('who reads a watch too slowly is cut, is told so, and goes on where it was without loss or doubles', async () => {
    await cluster.client.create('configmaps', configMap('a', 'large'));
    const begin = String(cluster.store.revision);
    const watch = (from: string): string =>
      `subscription { configMapsWatch(namespace: "a", resourceVersion: "${from}") { type resourceVersion json } }`;
    const [slow, quick] = [await connect(watch(begin)), await connect(watch(begin))];
    const revision = async ({ inbox }: Client): Promise<string> =>
      dataOf<{ resourceVersion: string }>(await inbox.next()).resourceVersion;
    await write('a', 'large', 0);
    const written = [await revision(quick)];
    const read = [await revision(slow)];
    slow.pause();
    for (let n = 1; n * LARGE.length < MUCH; n++) {
      await write('a', 'large', n);
      written.push(await revision(quick));
    }
    slow.resume();
    let result = await slow.inbox.next();
    for (; result?.data; result = await slow.inbox.next())
      read.push(dataOf<{ resourceVersion: string }>(result).resourceVersion);
    expect(result).toMatchObject({ errors: [{ extensions: { code: 429 } }] });
    expect(await slow.inbox.next()).toBeUndefined();
    expect(read.length).toBeLessThan(written.length);
    const again = await connect(watch(read.at(-1) ?? ''));
    while (read.length < written.length) read.push(await revision(again));
    expect(read).toEqual(written);
  });
});
