import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { Pages } from '../../../src/rest/pages/pages.ts';
import { makeCertificate, type KeyPair } from '../../../src/start/certificates.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { TestServer, TOKEN } from '../support.ts';

const EXEC = '/api/v1/namespaces/t/pods/p/exec?command=sh';
const PROTOCOL = 'v5.channel.k8s.io';
const KIM = { name: 'kim', groups: ['system:authenticated', 'system:masters'] };

let server: TestServer;
let pages: Pages;
let client: KeyPair;
let own: string;
/** what the last one that was connected with a node is */
let connected: string | undefined;
/** what the node has got of the last request */
let passedOn: IncomingHttpHeaders;
const node = createServer().on('upgrade', (req, socket) => {
  passedOn = req.headers;
  socket.on('error', () => undefined);
  socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
});

beforeAll(async () => {
  node.listen(0, '127.0.0.1');
  await once(node, 'listening');
  pages = new Pages({
    store: new MemoryStore(),
    isInTokenFile: (digest) => server.test.api.isInTokenFile(digest),
    authorize: () => ({ allowed: true, reason: '' }),
  });
  const graphql = { handler: (_: IncomingMessage, res: { end(): void }) => res.end(), onUpgrade: () => undefined };
  server = await TestServer.open({ pages, graphql });
  own = server.url;
  client = await makeCertificate({ commonName: 'ada', organizations: ['system:masters'] }, server.ca);
  server.test.api.connect = async ({ user }, target) => {
    connected = user.name;
    return {
      url: new URL(`http://127.0.0.1:${(node.address() as AddressInfo).port}/${target.subresource}`),
      address: '127.0.0.1',
      secure: false,
      hold: () => () => undefined,
    };
  };
});
afterAll(async () => {
  node.close();
  await server.close();
});

async function signIn(write = true): Promise<string> {
  const { headers } = await server.ask(await pages.loginLink(KIM, { write }), { anonymous: true });
  return headers['set-cookie']?.[0]?.split(';', 1)[0] ?? '';
}

/** The code of the answer to a request for a web socket, and as whom it was connected. */
async function upgrade(
  path: string,
  headers: Record<string, string>,
  by: { client?: KeyPair; method?: string } = {},
): Promise<[code: number, user: string | undefined]> {
  connected = undefined;
  const request = httpsRequest(
    server.options(path, {
      anonymous: true,
      ...by,
      headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-protocol': PROTOCOL, ...headers },
    }),
  );
  request.end();
  const code = await new Promise<number>((resolve, reject) => {
    request.once('upgrade', ({ statusCode = 0 }: IncomingMessage, socket) => {
      socket.destroy();
      resolve(statusCode);
    });
    request.once('response', (answer: IncomingMessage) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    request.once('error', reject);
  });
  return [code, connected];
}

describe('the session of a browser', () => {
  it.each(['exec', 'attach'])('is good for %s from its own page, and goes no further', async (subresource) => {
    const cookie = `${await signIn()}; other=1`;
    const path = `/api/v1/namespaces/t/pods/p/${subresource}`;
    expect(await upgrade(path, { cookie, origin: own })).toEqual([101, 'kim']);
    expect(passedOn.cookie).toBe('other=1');
  });

  it.each<[string, Record<string, string>]>([
    ['another site', { origin: 'https://elsewhere.example' }],
    ['another port', { origin: 'https://127.0.0.1:1' }],
    ['a name below ours', { origin: 'https://shop.127.0.0.1' }],
    ['a page without TLS', { origin: 'http://127.0.0.1' }],
    ['a sandbox', { origin: 'null' }],
    ['no page', {}],
  ])('is refused to %s', async (_, from) => {
    expect(await upgrade(EXEC, { cookie: await signIn(), ...from })).toEqual([403, undefined]);
  });

  describe('is refused to another site, whatever a proxy adds:', () => {
    const from = { origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site' };
    const added: Record<string, string>[] = [
      {},
      { 'x-forwarded-for': '10.0.0.1' },
      { 'x-forwarded-for': '127.0.0.1', 'x-forwarded-host': 'elsewhere.example', 'x-forwarded-proto': 'https' },
      { forwarded: 'for=127.0.0.1;host=elsewhere.example', 'x-real-ip': '127.0.0.1', via: '1.1 proxy' },
      { 'x-remote-user': 'admin', 'x-remote-group': 'system:masters' },
      { authorization: 'Basic YWRtaW46YWRtaW4=' },
    ];
    // what a page can ask for with its own headers only once a server allows it (CORS) is no way in
    const token = { authorization: `Bearer ${TOKEN}` };
    const asked: [string, Record<string, string>[], (headers: Record<string, string>) => Promise<unknown>][] = [
      ['a terminal', [...added, token], async (headers) => (await upgrade(EXEC, headers))[0]],
      ['a port', [token], async (headers) => (await upgrade(EXEC.replace('exec', 'portforward'), headers))[0]],
      ['a watch', [token], async (headers) => (await upgrade('/api/v1/pods?watch=true', headers))[0]],
      ['a socket of GraphQL', [...added, token], async (headers) => (await upgrade('/graphql', headers))[0]],
      ['GraphQL', added, async (headers) => (await post('/graphql', headers)).status],
      ['the schema', added, async (headers) => (await server.ask('/openapi/v3', { anonymous: true, headers })).status],
    ];
    const post = (path: string, headers: Record<string, string>) =>
      server.ask(path, { method: 'POST', anonymous: true, headers, body: { query: '{ kinds { resource } }' } });
    it.each(asked.flatMap(([what, all, ask]) => all.map((more) => [what, more, ask] as const)))(
      '%s, %j',
      async (_, more, ask) => expect(await ask({ cookie: await signIn(), ...from, ...more })).toBe(403),
    );
  });

  it('does nothing when it is for reading only', async () => {
    expect(await upgrade(EXEC, { cookie: await signIn(false), origin: own })).toEqual([403, undefined]);
  });

  it('ends when one signs out', async () => {
    const cookie = await signIn();
    await server.ask('/graphiql/session', { method: 'DELETE', anonymous: true, headers: { cookie, origin: own } });
    expect(await upgrade(EXEC, { cookie, origin: own })).toEqual([101, 'system:anonymous']);
  });

  it.each([
    ['a proxy', '/api/v1/namespaces/t/pods/p/proxy/x', 'GET', 'websocket'],
    ['a proxy to a service', '/api/v1/namespaces/t/services/p/proxy/', 'GET', 'websocket'],
    ['a port', '/api/v1/namespaces/t/pods/p/portforward', 'GET', 'websocket'],
    ['a request that a form may make', EXEC, 'POST', 'websocket'],
    ['SPDY', EXEC, 'GET', 'SPDY/3.1'],
  ])('is nobody where it leads to %s', async (_, path, method, protocol) => {
    const cookie = await signIn();
    const [, user] = await upgrade(path, { cookie, origin: own, upgrade: protocol }, { method });
    expect(user).toBe('system:anonymous');
  });

  it.each([
    ['the schema', '/openapi/v3', 200],
    ['the schema of a group', '/openapi/v3/apis/apps/v1', 200],
    ['objects', '/api/v1/namespaces', 403],
    ['discovery', '/apis', 403],
  ])('over REST asks for %s: %s %d', async (_, path, code) => {
    const cookie = await signIn(false);
    const headers = { cookie, 'sec-fetch-site': 'same-origin' };
    expect((await server.ask(path, { anonymous: true, headers })).status).toBe(code);
  });

  it('gives way to what else says who asks', async () => {
    const cookie = await signIn();
    expect(await upgrade(EXEC, { cookie, origin: own }, { client })).toEqual([101, 'ada']);
    expect(await upgrade(EXEC, { cookie, authorization: `Bearer ${TOKEN}` })).toEqual([101, 'admin']);
  });
});

describe('a session that is begun with a token', () => {
  const enter = (headers: Record<string, string>, by: { client?: KeyPair } = {}) =>
    server.ask('/graphiql/session', { method: 'POST', anonymous: true, headers, ...by });
  const authorization = `Bearer ${TOKEN}`;

  it('is that of its user, and may do what he may', async () => {
    const { status, headers, body } = await enter({ authorization, origin: own });
    expect([status, body]).toEqual([201, { user: 'admin' }]);
    const [cookie = ''] = headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^__Host-.*; HttpOnly; Secure; SameSite=Strict$/);
    expect(await upgrade(EXEC, { cookie: cookie.split(';', 1)[0] ?? '', origin: own })).toEqual([101, 'admin']);
  });

  it.each<[string, Record<string, string>, boolean, number]>([
    ['no token', { origin: 'own' }, false, 401],
    ['a token that is none', { origin: 'own', authorization: 'Bearer guessed' }, false, 401],
    ['a certificate', { origin: 'own' }, true, 401],
    ['a token that another site shows', { origin: 'https://elsewhere.example', authorization }, false, 403],
    ['a token that no page shows', { authorization }, false, 403],
    ['one who acts for another', { origin: 'own', authorization, 'impersonate-user': 'kim' }, false, 403],
  ])('is refused to %s', async (_, { origin, ...headers }, certified, code) => {
    const from = origin === undefined ? {} : { origin: origin === 'own' ? own : origin };
    const { status, headers: answered } = await enter({ ...headers, ...from }, certified ? { client } : {});
    expect([status, answered['set-cookie']]).toEqual([code, undefined]);
  });
});

const bearer = (token: string): Record<string, string> => ({
  'sec-websocket-protocol': `base64url.bearer.authorization.k8s.io.${Buffer.from(token).toString('base64url')}, ${PROTOCOL}`,
});
const PASSWORD = { authorization: 'Basic YTpi' };
const PROXY = { 'x-forwarded-for': '127.0.0.1' };
const elsewhere = { origin: 'https://elsewhere.example' };

test.each<[string, Record<string, string>, boolean, number]>([
  ['a certificate, and no page', {}, true, 101],
  ['a certificate, from our page', { origin: 'own' }, true, 101],
  ['a certificate, from another page', elsewhere, true, 403],
  ['a certificate, from a sandbox', { origin: 'null' }, true, 403],
  ['a certificate, from another page that adds a token', { ...elsewhere, ...bearer(TOKEN) }, true, 403],
  ['a certificate, from another page that adds a password', { ...elsewhere, ...PASSWORD }, true, 403],
  ['a certificate of a proxy that another page asks', { ...elsewhere, ...PROXY }, true, 403],
  ['a certificate of kubectl proxy, from its page', { origin: 'http://127.0.0.1:8001', ...PROXY }, true, 101],
  ['a certificate of a client that also has a token', { ...elsewhere, authorization: `Bearer ${TOKEN}` }, true, 101],
  ['a token, from another page', { ...elsewhere, ...bearer(TOKEN) }, false, 101],
  ['a token of a client that names an origin', { ...elsewhere, authorization: `Bearer ${TOKEN}` }, false, 101],
  ['nothing, from another page', elsewhere, false, 403],
])('a web socket with %s', async (_, { origin, ...headers }, certified, code) => {
  const from = origin === undefined ? {} : { origin: origin === 'own' ? own : origin };
  const [status] = await upgrade(EXEC, { ...headers, ...from }, certified ? { client } : {});
  expect(status).toBe(code);
});
