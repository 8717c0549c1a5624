import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createClient } from '../../src/client/client.ts';
import { socketTransport } from '../../src/client/transports/socket.ts';
import { createGraphQL, type GraphQLFacade } from '../../src/resolvers/graphql.ts';
import { FakeApi, asUser } from './fake-api.ts';

let fake: FakeApi;
let graphql: GraphQLFacade;
let server: Server;
let base: string;
const contextOf = (req: IncomingMessage) =>
  req.headers.authorization === 'Bearer admin'
    ? asUser('admin', ['system:masters'])
    : req.headers.authorization
      ? asUser('me')
      : asUser('system:anonymous', ['system:unauthenticated']);

beforeEach(async () => {
  fake = new FakeApi();
  const dashboard = mkdtempSync(path.join(tmpdir(), 'dashboard-'));
  writeFileSync(path.join(dashboard, 'graphiql.js'), 'export {};');
  graphql = await createGraphQL({ api: fake.api, dashboard });
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

  test('no mutation by GET, nor by a form', async () => {
    const get = await fetch(`${base}/graphql?query=${encodeURIComponent(DELETE)}`, {
      headers: { authorization: 'Bearer x', accept: 'application/json' },
    });
    expect(get.status).toBe(405);
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

  test('extensions say whom to act as', async () => {
    await post({ query: POD, extensions: { as: { user: 'other' }, manager: 'm' } }, { authorization: 'Bearer admin' });
    expect(fake.calls[0]!.context).toMatchObject({
      user: { name: 'other' },
      agent: 'm',
      impersonator: { name: 'admin' },
    });
    const bad = (await (await post({ query: POD, extensions: { as: 'other' } })).json()) as {
      errors: { extensions: unknown }[];
    };
    expect(bad.errors[0]!.extensions).toMatchObject({ code: 400 });
  });
});

describe('the page', () => {
  const login = async (options?: { write?: boolean }) => {
    const link = graphql.loginLink({ name: 'kim', groups: [] }, options);
    const response = await fetch(base + link, { redirect: 'manual' });
    return { link, response, cookie: response.headers.get('set-cookie')!.split(';')[0]! };
  };
  const own = (cookie: string) => ({ cookie, origin: base, authorization: '' });

  test('is served with its files', async () => {
    const page = await fetch(`${base}/graphql`, { headers: { accept: 'text/html' } });
    expect(await page.text()).toContain('/graphiql/graphiql.js');
    const script = await fetch(`${base}/graphiql/graphiql.js`);
    expect(script.headers.get('content-type')).toContain('javascript');
    expect(
      (await fetch(`${base}/graphiql/graphiql.js`, { headers: { 'if-none-match': script.headers.get('etag')! } }))
        .status,
    ).toBe(304);
    expect((await fetch(`${base}/graphiql/..%2fsecret.js`)).status).toBe(404);
  });

  test('a link logs in once', async () => {
    const { link, response, cookie } = await login();
    expect(response.status).toBe(303);
    expect(response.headers.get('set-cookie')).toMatch(/HttpOnly; Secure; SameSite=Strict/);
    expect((await fetch(base + link, { redirect: 'manual' })).status).toBe(403);
    await post({ query: POD }, own(cookie));
    expect(fake.calls.at(-1)!.context.user.name).toBe('kim');
  });

  test('a cookie counts from our own page only, and not when it was changed', async () => {
    const { cookie } = await login();
    for (const headers of [
      { cookie, origin: 'https://elsewhere', authorization: '' },
      { cookie, authorization: '' },
      own(`${cookie.slice(0, -2)}zz`),
    ]) {
      await post({ query: POD }, headers);
      expect(fake.calls.at(-1)!.context.user.name).toBe('system:anonymous');
    }
  });

  test('a session reads, and writes only if it was made to', async () => {
    const refused = (await (await post({ query: DELETE }, own((await login()).cookie))).json()) as {
      errors: { extensions: unknown }[];
    };
    expect(refused.errors[0]!.extensions).toMatchObject({ code: 403 });
    expect(fake.objects.size).toBe(1);
    await post({ query: DELETE }, own((await login({ write: true })).cookie));
    expect(fake.objects.size).toBe(0);
  });

  test('a session is good on another process with the same key', async () => {
    const { cookie } = await login();
    await graphql.close();
    graphql = await createGraphQL({ api: fake.api });
    await post({ query: POD }, own(cookie));
    expect(fake.calls.at(-1)!.context.user.name).toBe('kim');
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
