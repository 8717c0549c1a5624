import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createGraphQL, type GraphQLFacade } from '../../src/resolvers/graphql.ts';
import { PersistedDocuments, type PersistedSettings } from '../../src/resolvers/persisted-documents.ts';
import { RecordingApi, asUser } from './recording-api.ts';

const POD = '{ pod(namespace: "a", name: "x") { metadata { name } } }';
const OTHER = '{ pod(namespace: "a", name: "x") { kind } }';
const DELETE = 'mutation { deletePod(namespace: "a", name: "x") }';
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const persisted = (text: string) => ({ persistedQuery: { version: 1, sha256Hash: sha256(text) } });
const ANSWER = { data: { pod: { metadata: { name: 'x' } } } };
const NOT_FOUND = {
  errors: [{ message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
};

let graphql: GraphQLFacade;
let server: Server;
let base: string;
const GROUPS: Record<string, string[]> = {
  'Bearer admin': ['system:masters'],
  'Bearer node': ['system:nodes'],
  'Bearer controller': ['system:serviceaccounts', 'system:serviceaccounts:kube-system'],
  'Bearer app': ['system:serviceaccounts', 'system:serviceaccounts:default'],
};
const contextOf = (req: IncomingMessage) => {
  const { authorization = '' } = req.headers;
  return asUser(authorization.slice(7) || 'me', GROUPS[authorization] ?? ['system:authenticated']);
};

async function start(documents?: PersistedSettings): Promise<void> {
  const fake = new RecordingApi();
  fake.put('pods', { metadata: { namespace: 'a', name: 'x' } });
  graphql = createGraphQL({ api: fake.api, ...(documents && { documents }) });
  server = createServer((req, res) => void graphql.handler(req, res, contextOf(req)));
  server.on('upgrade', (req, socket, head) => graphql.onUpgrade(req, socket, head, contextOf(req)));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  base = `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
afterEach(async () => {
  await graphql.close();
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

async function post(body: object, token = 'me', accept = 'application/json') {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}`, accept };
  const answer = await fetch(`http://${base}/graphql`, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: answer.status, body: (await answer.json()) as object };
}
async function get(parameters: Record<string, string>) {
  const headers = { authorization: 'Bearer me', accept: 'application/json' };
  const answer = await fetch(`http://${base}/graphql?${String(new URLSearchParams(parameters))}`, { headers });
  return { status: answer.status, body: (await answer.json()) as object };
}
/** The result of one operation over a WebSocket. */
function overSocket(payload: object): Promise<object> {
  return new Promise((resolve, reject) => {
    const ws = new WebSocket(`ws://${base}/graphql`, ['graphql-transport-ws']);
    ws.on('open', () => ws.send('{"type":"connection_init"}'));
    ws.on('error', reject);
    ws.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as { type: string; payload: object };
      if (message.type === 'connection_ack') ws.send(JSON.stringify({ type: 'subscribe', id: '1', payload }));
      if (message.type !== 'next' && message.type !== 'error') return;
      resolve(message.type === 'next' ? message.payload : { errors: message.payload });
      ws.close();
    });
  });
}

describe('a document that is kept by its hash', () => {
  beforeEach(() => start());

  test('is asked for, sent once with its hash, and then known by it', async () => {
    expect(await post({ extensions: persisted(POD) })).toMatchObject({ status: 200, body: NOT_FOUND });
    expect(await post({ query: POD, extensions: persisted(POD) })).toEqual({ status: 200, body: ANSWER });
    expect(await post({ extensions: persisted(POD) })).toEqual({ status: 200, body: ANSWER });
    expect(await post({ documentId: `sha256:${sha256(POD)}` })).toEqual({ status: 200, body: ANSWER });
    expect(await get({ extensions: JSON.stringify(persisted(POD)) })).toEqual({ status: 200, body: ANSWER });
    expect(await overSocket({ extensions: persisted(POD) })).toEqual(ANSWER);
  });

  test('is checked and kept where its hash stands beside it as documentId', async () => {
    const named = { documentId: `sha256:${sha256(POD)}` };
    const wrong = await post({ query: OTHER, ...named });
    expect(wrong.body).toMatchObject({ errors: [{ message: 'provided sha does not match query' }] });
    expect((await post(named)).body).toMatchObject(NOT_FOUND);
    expect((await post({ query: POD, ...named })).body).toEqual(ANSWER);
    expect((await post(named)).body).toEqual(ANSWER);
  });

  test('is none of those who may not run it, as any other', async () => {
    const answer = await post({ query: DELETE, extensions: persisted(DELETE) });
    expect(answer.body).not.toHaveProperty('errors');
    expect(await get({ extensions: JSON.stringify(persisted(DELETE)) })).toMatchObject({ status: 405 });
  });

  test('is not found where the client takes only GraphQL answers: 400', async () => {
    const answer = await post({ extensions: persisted(POD) }, 'me', 'application/graphql-response+json');
    expect(answer).toMatchObject({ status: 400, body: NOT_FOUND });
  });

  test.each([
    ['of another text', { query: OTHER, extensions: persisted(POD) }, 'provided sha does not match query'],
    [
      'of another version',
      { extensions: { persistedQuery: { version: 2, sha256Hash: sha256(POD) } } },
      'Unsupported persisted query version',
    ],
    [
      'that is none',
      { extensions: { persistedQuery: { version: 1, sha256Hash: '../x' } } },
      'sha256Hash must be 64 hexadecimal digits',
    ],
    ['that is a number', { documentId: 7 }, 'documentId must be text'],
    ['of nothing', {}, 'an operation must have a query, which is text'],
  ])('by a hash %s is refused', async (_, body, message) => {
    expect(await post(body)).toMatchObject({ status: 400, body: { errors: [{ message, extensions: { code: 400 } }] } });
  });

  test('is found by who has left it, and tells nobody else that it was sent', async () => {
    const query = `${POD} # ours`;
    await post({ query, extensions: persisted(query) }, 'admin');
    expect(await post({ extensions: persisted(query) }, 'admin')).toMatchObject({ body: ANSWER });
    expect(await post({ extensions: persisted(query) })).toMatchObject({ body: NOT_FOUND });
  });

  test('is not kept where it is no good document', async () => {
    const bad = '{ nothing }';
    await post({ query: bad, extensions: persisted(bad) });
    expect(await post({ extensions: persisted(bad) })).toMatchObject({ body: NOT_FOUND });
  });
});

test('documents that are kept are bounded, the ones that are used stay', async () => {
  await start();
  const documents = new PersistedDocuments({ registered: new Map(), only: false });
  const me = asUser('me').user;
  const text = (i: number): string => `{ a${i} } #${'x'.repeat(20_000)}`;
  const keep = (i: number): void => documents.keep({ query: text(i), extensions: persisted(text(i)) }, me);
  keep(0);
  for (let i = 1; i < 1000; i++) {
    keep(i);
    expect(documents.find({ extensions: persisted(text(0)) }, me)).toBe(text(0));
  }
  expect(() => documents.find({ extensions: persisted(text(1)) }, me)).toThrow('PersistedQueryNotFound');
});

describe('registered documents', () => {
  const registered = new Map([
    ['one-pod', POD],
    [sha256(POD), POD],
  ]);

  test('are run by their names', async () => {
    await start({ registered, only: false });
    for (const body of [
      { documentId: 'one-pod' },
      { documentId: `sha256:${sha256(POD)}` },
      { extensions: persisted(POD) },
    ])
      expect(await post(body)).toEqual({ status: 200, body: ANSWER });
    expect(await post({ query: OTHER })).toMatchObject({ status: 200 });
    expect(await get({ documentId: 'one-pod' })).toEqual({ status: 200, body: ANSWER });
    expect(await overSocket({ documentId: 'one-pod' })).toEqual(ANSWER);
  });

  describe('and no others', () => {
    beforeEach(() => start({ registered, only: true }));
    const REFUSED = { errors: [{ message: 'only registered documents are run here', extensions: { code: 403 } }] };

    test.each([
      ['by name', { documentId: 'one-pod' }, 'me'],
      ['by their text', { query: POD }, 'me'],
      ['of the administrator', { query: OTHER }, 'admin'],
      ['of a node', { query: OTHER }, 'node'],
      ['of a controller', { query: OTHER }, 'controller'],
    ])('are run %s', async (_, body, token) => {
      expect((await post(body, token)).body).toHaveProperty('data.pod');
    });

    test.each([
      ['of a user', { query: OTHER }, 'me'],
      ['of an application', { query: OTHER }, 'app'],
      ['with a hash', { query: OTHER, extensions: persisted(OTHER) }, 'me'],
      ['that differs by a space', { query: `${POD} ` }, 'me'],
      ['in a list', [{ query: OTHER }], 'me'],
    ])('are refused: one %s', async (_, body, token) => {
      expect(await post(body, token)).toMatchObject({ status: 403, body: REFUSED });
    });

    test('are refused over a WebSocket, and what the administrator has left by its hash is not found', async () => {
      expect(await overSocket({ query: OTHER })).toMatchObject(REFUSED);
      await post({ query: OTHER, extensions: persisted(OTHER) }, 'admin');
      expect(await post({ extensions: persisted(OTHER) })).toMatchObject({ body: NOT_FOUND });
      expect((await post({ extensions: persisted(OTHER) }, 'admin')).body).toHaveProperty('data.pod');
    });
  });
});
