import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createClient } from '../../src/client/client.ts';
import { socketTransport } from '../../src/client/transports/socket.ts';
import { createGraphQL, type GraphQLFacade } from '../../src/resolvers/graphql.ts';
import { RecordingApi, asUser } from './recording-api.ts';

let fake: RecordingApi;
let graphql: GraphQLFacade;
let server: Server;
let base: string;
let readOnly: boolean;
const contextOf = (req: IncomingMessage) => ({
  ...(req.headers.authorization === 'Bearer admin'
    ? asUser('admin', ['system:masters'])
    : req.headers.authorization
      ? asUser('me')
      : asUser('system:anonymous', ['system:unauthenticated'])),
  readOnly,
});

beforeEach(async () => {
  fake = new RecordingApi();
  readOnly = false;
  graphql = createGraphQL({ api: fake.api });
  server = createServer((req, res) => void graphql.handler(req, res, contextOf(req)));
  server.on('upgrade', (req, socket, head) => graphql.onUpgrade(req, socket, head, contextOf(req)));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  fake.put('pods', { metadata: { namespace: 'a', name: 'x' } });
});
afterEach(async () => {
  await graphql.close();
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

const POD = '{ pod(namespace: "a", name: "x") { metadata { name } } }';
const DELETE = 'mutation { deletePod(namespace: "a", name: "x") }';
const post = (body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${base}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer x', ...headers },
    body: JSON.stringify(body),
  });

describe('HTTP', () => {
  test('queries by POST and GET', async () => {
    const answer = { data: { pod: { metadata: { name: 'x' } } } };
    expect(await (await post({ query: POD })).json()).toEqual(answer);
    const get = await fetch(`${base}/graphql?query=${encodeURIComponent(POD)}`, {
      headers: { authorization: 'Bearer x', accept: 'application/json' },
    });
    expect(await get.json()).toEqual(answer);
  });

  const CREATE = 'mutation($object: JSON!) { createObject(resource: "configmaps", namespace: "a", object: $object) }';
  test.each([
    ['a variable', { query: CREATE, variables: '{"object":{"a":[1e400]}}' }, '1e400'],
    ['a variable below zero', { query: CREATE, variables: '{"object":-1E+999}' }, '-1E+999'],
    [
      'a literal',
      { query: CREATE.replace(/\(.*?\)/, '').replace('$object', '{a: [1e400]}'), variables: '{}' },
      '1e400',
    ],
    [
      'a literal of digits',
      { query: CREATE.replace(/\(.*?\)/, '').replace('$object', `{a: 1${'0'.repeat(400)}}`), variables: '{}' },
      '100',
    ],
  ])('a number that no double holds is refused: %s', async (_, { query, variables }, number) => {
    const body = `{"query":${JSON.stringify(query)},"variables":${variables}}`;
    const answer = await fetch(`${base}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer x' },
      body,
    });
    const { errors } = (await answer.json()) as { errors: { message: string; extensions: { code: number } }[] };
    expect(errors[0]?.message).toContain(`json: cannot unmarshal number ${number}`);
    expect(errors[0]?.extensions.code).toBe(400);
    expect(fake.calls).toEqual([]);
  });

  test('no mutation by GET, nor by a form', async () => {
    const get = await fetch(`${base}/graphql?query=${encodeURIComponent(DELETE)}`, {
      headers: { authorization: 'Bearer x', accept: 'application/json' },
    });
    expect(get.status).toBe(405);
    const draining = encodeURIComponent(
      'subscription { ...all } fragment all on Subscription { drainNode(name: "n") { type } }',
    );
    const stream = await fetch(`${base}/graphql?query=${draining}`, {
      headers: { authorization: 'Bearer x', accept: 'text/event-stream' },
    });
    expect(stream.status).toBe(405);
    const form = await fetch(`${base}/graphql`, {
      method: 'POST',
      body: new URLSearchParams({ query: DELETE }),
      headers: { authorization: 'Bearer x', origin: 'https://elsewhere' },
    });
    expect(form.status).toBe(415);
    expect(fake.objects.size).toBe(1);
  });

  test('a batch up to the limit', async () => {
    expect(await (await post([{ query: POD }, { query: POD }])).json()).toHaveLength(2);
    expect((await post(Array.from({ length: 11 }, () => ({ query: POD })))).status).toBe(413);
  });

  test.each([
    ['not JSON', { body: '{' }, 400],
    ['JSON of another form', { body: '3' }, 400],
    ['no query', { body: '{}' }, 400],
    ['an empty batch', { body: '[]' }, 400],
    ['variables that are a list', { body: JSON.stringify({ query: POD, variables: [] }) }, 400],
    ['an operation name that is no text', { body: JSON.stringify({ query: POD, operationName: {} }) }, 400],
    ['another method', { method: 'PUT', body: '{}' }, 405],
    ['a client that takes neither type', { body: JSON.stringify({ query: POD }), accept: 'text/plain' }, 406],
    [
      'a document that is not valid',
      { body: '{"query":"{ nothing }"}', accept: 'application/graphql-response+json' },
      400,
    ],
    ['the same for who knows only JSON', { body: '{"query":"{ nothing }"}' }, 200],
    [
      'an error beside data',
      { body: '{"query":"{ pod(name: \\"none\\") { kind } }"}', accept: 'application/graphql-response+json' },
      200,
    ],
    [
      'a subscription',
      { body: '{"query":"subscription { podsWatch { type } }"}', accept: 'application/graphql-response+json' },
      400,
    ],
  ])(
    'the status says what is wrong: %s',
    async (_, { method = 'POST', body, accept = '*/*' }: { method?: string; body: string; accept?: string }, code) => {
      const headers = { 'content-type': 'application/json', authorization: 'Bearer x', accept };
      const response = await fetch(`${base}/graphql`, { method, headers, body });
      expect(response.status).toBe(code);
      expect(await response.json()).toHaveProperty('errors');
    },
  );

  test('a body that is encoded is refused with what would have been taken', async () => {
    const encoded = await post({ query: POD }, { 'content-encoding': 'gzip' });
    expect([encoded.status, encoded.headers.get('accept-encoding')]).toEqual([415, 'identity']);
    expect((await post({ query: POD }, { 'content-encoding': 'identity' })).status).toBe(200);
  });

  test('a body over the limit is refused', async () => {
    expect((await post({ query: POD, variables: { a: 'x'.repeat(3 * 1024 * 1024) } })).status).toBe(413);
  });

  test('a subscription as an event stream', async () => {
    const stop = new AbortController();
    const query = 'subscription { podsWatch { type } }';
    const response = await fetch(`${base}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: 'Bearer x' },
      body: JSON.stringify({ query }),
      signal: stop.signal,
    });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('ADDED')) text += (await reader.read()).value ?? '';
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    stop.abort();
  });

  test.each([
    ['a query', POD, '{"data":{"pod":{"metadata":{"name":"x"}}}}'],
    ['a document that is not valid', '{ nothing }', '"code":400'],
    ['a watch that is refused', 'subscription { objectsWatch(resource: "none") }', '"errors"'],
  ])('an event stream of %s has one result and the end', async (_, query, result) => {
    const response = await post({ query }, { accept: 'text/event-stream' });
    const text = await response.text();
    expect(text).toMatch(/^:\n\nevent: next\ndata: .*\n\nevent: complete\ndata:\n\n$/);
    expect(text).toContain(result);
  });

  test('an event stream is one operation, and its reader ends the watch', async () => {
    expect((await post([{ query: POD }], { accept: 'text/event-stream' })).status).toBe(400);
    const stop = new AbortController();
    const response = await fetch(`${base}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: 'Bearer x' },
      body: JSON.stringify({ query: 'subscription { objectsWatch(resource: "pods") }' }),
      signal: stop.signal,
    });
    await response.body!.getReader().read();
    await expect.poll(() => fake.watchers.size).toBe(1);
    stop.abort();
    await expect.poll(() => fake.watchers.size).toBe(0);
  });

  test('extensions say whom to act as', async () => {
    await post({ query: POD, extensions: { as: { user: 'other' }, manager: 'm' } }, { authorization: 'Bearer admin' });
    expect(fake.calls[0]!.context).toMatchObject({
      user: { name: 'other' },
      agent: 'm',
      impersonator: { name: 'admin' },
    });
  });

  test.each([
    ['no object', 'other'],
    ['no user', { groups: ['a'] }],
    ['an empty user', { user: '' }],
    ['a uid that is no text', { user: 'other', uid: 1 }],
    ['groups that are no list', { user: 'other', groups: 'a' }],
    ['extra that is a list', { user: 'other', extra: ['a'] }],
    ['values of extra that are no list', { user: 'other', extra: { a: 'b' } }],
    ['what is not known', { user: 'other', scopes: ['read'] }],
  ])('who is to be acted as is read as a whole or not at all: %s', async (_, as) => {
    const answer = await post({ query: POD, extensions: { as } }, { authorization: 'Bearer admin' });
    const { errors } = (await answer.json()) as { errors: { extensions: unknown }[] };
    expect(errors[0]!.extensions).toMatchObject({ code: 400 });
    expect(fake.calls).toEqual([]);
  });
});

describe('a session for reading only', () => {
  test('is refused mutations, over HTTP and over a web socket', async () => {
    readOnly = true;
    const { errors } = (await (await post({ query: DELETE })).json()) as { errors: { extensions: unknown }[] };
    expect(errors[0]!.extensions).toMatchObject({ code: 403 });
    const draining = await post(
      { query: 'subscription { drainNode(name: "n") { type } }' },
      { accept: 'text/event-stream' },
    );
    expect(await draining.text()).toContain('"code":403');
    const transport = socketTransport({ server: base, insecure: true, namespace: '' });
    await expect(createClient(transport).delete('pods', 'a', 'x')).rejects.toMatchObject({ code: 403 });
    await transport.close();
    expect(fake.objects.size).toBe(1);
    expect(await (await post({ query: POD })).json()).toEqual({ data: { pod: { metadata: { name: 'x' } } } });
  });

  test('is not the token that a web socket of its browser brings', async () => {
    readOnly = true;
    const transport = socketTransport({ server: base, insecure: true, namespace: '', token: 'good' });
    await createClient(transport).delete('pods', 'a', 'x');
    await transport.close();
    expect(fake.objects.size).toBe(0);
  });
});

describe('WebSocket', () => {
  const connect = (token?: string) =>
    createClient(socketTransport({ server: base, insecure: true, namespace: '', token }));
  const transports = (token?: string) => socketTransport({ server: base, insecure: true, namespace: '', token });

  test('the client reads, writes and watches', async () => {
    const transport = transports('good');
    const client = createClient(transport, { manager: 'm' });
    expect(await client.get('pods', 'a', 'x')).toMatchObject({ kind: 'Pod', metadata: { name: 'x' } });
    await expect(client.get('pods', 'a', 'y')).rejects.toMatchObject({ code: 404, reason: 'NotFound' });
    const watch = client.watch('pods', { resourceVersion: String(fake.revision) });
    const first = watch.next();
    while (!fake.watchers.size) await new Promise(setImmediate);
    await client.create('pods', { metadata: { name: 'z', namespace: 'a' } });
    expect((await first).value).toMatchObject([{ type: 'ADDED', object: { metadata: { name: 'z' } } }]);
    await watch.return!();
    expect(fake.calls.at(-1)!.context).toMatchObject({ user: { name: 'bearer' }, agent: 'm' });
    await transport.close();
  });

  test('a wrong token is 401', async () => {
    await expect(connect('wrong').get('pods', 'a', 'x')).rejects.toMatchObject({ code: 401 });
  });

  test('a lost connection ends what runs with 503, and the next operation opens another', async () => {
    const transport = transports('good');
    const client = createClient(transport);
    const watch = client.watch('pods', {});
    await watch.next();
    server.closeAllConnections();
    for (const socket of sockets) socket.destroy();
    await expect(watch.next().then(() => watch.next())).rejects.toMatchObject({ code: 503 });
    expect(await client.get('pods', 'a', 'x')).toBeDefined();
    await transport.close();
  });
  const sockets = new Set<{ destroy(): void }>();
  beforeEach(() => {
    sockets.clear();
    server.on('upgrade', (_req, socket) => sockets.add(socket));
  });

  test('an invalid document is an error of its own operation', async () => {
    const ws = new WebSocket(`${base.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const messages: { type: string; payload?: unknown }[] = [];
    await new Promise<void>((done) => {
      ws.on('open', () => ws.send('{"type":"connection_init"}'));
      ws.on('message', (data) => {
        const message = JSON.parse(String(data)) as { type: string };
        messages.push(message);
        if (message.type === 'connection_ack')
          ws.send('{"id":"1","type":"subscribe","payload":{"query":"{ nothing }"}}');
        if (message.type === 'error') done();
      });
    });
    expect(messages.at(-1)).toMatchObject({ type: 'error', payload: [{ extensions: { code: 400 } }] });
    ws.close();
  });
});
