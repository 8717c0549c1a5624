import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { parse } from 'yaml';
import { startCluster, type Cluster } from '../e2e/support/cluster.ts';
import { bystander, type Bystander, type Credentials } from './support/bystander.ts';

/**
 * One request each, and what GraphQL answers. Meanwhile somebody else asks for a small object again and again: nobody
 * makes them wait, or the server grow.
 */
const MEGA = 1_000_000;
/** Bytes by which the server may grow. */
const MAX_GROWTH = 200 * MEGA;
/**
 * MB of the server's heap. By itself V8 lets garbage lie until it is some times what is held, and how much that is depends
 * on the moment. Here it has to collect it, so what grows is what is held; an attack that holds more ends the server.
 */
const MAX_HEAP_MB = 300;
/** ms that another user waits at most on any machine; what these requests once cost was seconds of an idle one. */
const MAX_WAIT_MS = 2000;
const OBJECTS = 1500;

let cluster: Cluster;
let other: Bystander;
let agent: https.Agent;
let credentials: Credentials;

interface Answer {
  status: number;
  text: string;
}

function ask(method: string, path: string, body: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = { 'content-type': 'application/json', ...headers };
    const req = https.request(`${cluster.url}${path}`, { method, agent, headers: sent }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('end', () => resolve({ status: res.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      res.on('error', reject);
    });
    req.on('error', reject);
    req.end(body);
  });
}

/** The code of the first error, or of the answer. */
async function operate(query: string, variables?: object): Promise<number> {
  const { status, text } = await ask('POST', '/graphql', JSON.stringify({ query, variables }));
  const { errors } = JSON.parse(text) as { errors?: { extensions: { code: number } }[] };
  return errors?.[0]?.extensions.code ?? status;
}

const many = (count: number, make: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => make(i)).join(' ');

type Attack = [what: string, code: number, run: () => Promise<number>];
const attack = (what: string, code: number, query: string, variables?: object): Attack => [
  what,
  code,
  () => operate(query, variables),
];

const same = 'metadata { name }';
const DOCUMENTS: Attack[] = [
  attack('a field again and again', 400, `{ pods { items { ${'kind '.repeat(2500)} } } }`),
  attack('fields that are compared by the square', 400, `{ pods { items { ${many(900, () => same)} } } }`),
  attack(
    'fragments that are compared by the square',
    400,
    `{ pods { items { ${many(230, (i) => `...F${i}`)} } } } ${many(230, (i) => `fragment F${i} on Pod { kind }`)}`,
  ),
  attack(
    'fragments that double',
    400,
    `query($n: Int) { ...F0 } ${many(60, (i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`)} fragment F60 on Query { pods(first: $n) { items { kind } } }`,
    { n: 5 },
  ),
  attack(
    'a fragment in itself',
    400,
    '{ pods { items { ...A } } } fragment A on Pod { node { pods { items { ...A } } } }',
  ),
  attack(
    'operations',
    400,
    many(300, (i) => `query Q${i} { kinds { kind } }`),
  ),
  attack('directives', 400, `{ kinds ${many(2400, () => '@skip(if: true)')} { kind } }`),
  attack('names that are none', 400, `{ pods { items { ${many(2500, (i) => `specification${i}`)} } } }`),
  attack('aliases', 400, `{ pods { items { ${many(150, (i) => `a${i}: kind`)} } } }`),
  attack(
    'lists in a literal',
    400,
    `{ pods(where: { spec: { priority: { in: [${many(9000, String)}] } } }) { continue } }`,
  ),
  attack('brackets', 400, `{ pods(where: { and: ${'['.repeat(2500)}${']'.repeat(2500)} }) { continue } }`),
  attack('braces without end', 400, '{'.repeat(100_000)),
  attack('a long document', 400, `{ kinds { kind } } ${'#'.repeat(2 * MEGA)}`),
];

const VARIABLES: Attack[] = [
  attack('keys', 413, 'query($v: JSON) { kinds { kind } }', Object.fromEntries([['v', Array(120_000).fill(1)]])),
  attack('a body over the limit', 413, 'query($v: JSON) { kinds { kind } }', { v: 'x'.repeat(4 * MEGA) }),
  [
    'brackets',
    400,
    async () =>
      (
        await ask(
          'POST',
          '/graphql',
          `{"query":"{ kinds { kind } }","variables":{"a":${'['.repeat(9000)}${']'.repeat(9000)}}}`,
        )
      ).status,
  ],
  attack('conditions inside each other', 400, 'query($w: PodWhere) { pods(where: $w) { continue } }', {
    w: Array.from({ length: 120 }).reduce<object>((not) => ({ not }), {}),
  }),
  attack('a long path', 400, 'query($p: [String!]) { controllerRevisions(where: { data: { at: $p } }) { continue } }', {
    p: Array(50_000).fill('a'),
  }),
  ...(
    [
      ['as many values to be one of as one may list', 200, 10_000],
      ['more values to be one of', 400, 90_000],
    ] as const
  ).map(([what, code, length]) =>
    attack(what, code, 'query($v: [String!]) { pods(where: { metadata: { name: { in: $v } } }) { continue } }', {
      v: Array.from({ length }, (_, i) => `x${i}`),
    }),
  ),
];

const NESTED =
  '{ namespaces { items { contents(resource: "configmaps") { items { ... on ConfigMap { inNamespace { contents(resource: "configmaps") { items { metadata { name } } } } } } } } } }';
const RUNNING: Attack[] = [
  attack('relations in relations', 413, NESTED),
  attack('whole lists by aliases', 413, `{ ${many(50, (i) => `a${i}: objects(resource: "configmaps") { items }`)} }`),
  attack('objects by aliases', 413, `{ configMaps(first: 5000) { items { ${many(90, (i) => `a${i}: dataJSON`)} } } }`),
  attack('a whole list', 200, '{ objects(resource: "configmaps") { items } }'),
  attack('a page', 200, '{ configMaps(first: 5000) { items { metadata { name } data { key value } } } }'),
  attack(
    'a condition on everything',
    200,
    '{ configMaps(where: { data: { key: "text", contains: "y" } }) { items { kind } } }',
  ),
  attack(
    'an order of everything',
    200,
    '{ configMaps(orderBy: { data: { key: "text", pick: DESC } }) { items { kind } } }',
  ),
  [
    'many of them at once',
    413,
    async () => (await Promise.all(Array.from({ length: 6 }, () => operate(NESTED))))[0] ?? 0,
  ],
];

/** ms for which answers are not read */
const UNREAD_MS = 1500;

/** So many requests at once whose answers nobody reads, for a moment from when the first is begun; how many were begun. */
function unread(
  count: number,
  { path, body, headers }: { path: string; body?: string; headers?: object },
): Promise<number> {
  return new Promise((resolve) => {
    let begun = 0;
    const open = Array.from({ length: count }, () => {
      const options = {
        method: body ? 'POST' : 'GET',
        agent: new https.Agent({ ...credentials }),
        headers: { 'content-type': 'application/json', ...headers },
      };
      const req = https.request(`${cluster.url}${path}`, options, (res) => {
        if (++begun === 1) setTimeout(end, UNREAD_MS);
        res.pause();
      });
      req.on('socket', (socket: TLSSocket) => socket.setMaxListeners(0)).on('error', () => undefined);
      req.end(body);
      return req;
    });
    const end = (): void => {
      for (const req of open) req.destroy();
      resolve(begun);
    };
  });
}

const EVENTS = { accept: 'text/event-stream' };
const operation = (query: string): string => JSON.stringify({ query });
const UNREAD: [string, Parameters<typeof unread>[1]][] = [
  ['whole lists', { path: '/graphql', body: operation('{ objects(resource: "configmaps") { items } }') }],
  ['pages', { path: '/graphql', body: operation('{ configMaps(first: 5000) { items { _json } } }') }],
  ['lists over REST', { path: '/api/v1/configmaps' }],
  ['compressed lists over REST', { path: '/api/v1/configmaps', headers: { 'accept-encoding': 'gzip' } }],
  [
    'event streams',
    { path: '/graphql', body: operation('subscription { objectsWatch(resource: "configmaps") }'), headers: EVENTS },
  ],
  ['watches over REST', { path: '/api/v1/configmaps?watch=1' }],
];

async function socket(): Promise<WebSocket> {
  const { ca, cert, key } = credentials;
  const ws = new WebSocket(`${cluster.url.replace('https', 'wss')}/graphql`, ['graphql-transport-ws'], {
    ca,
    cert,
    key,
  });
  ws.on('error', () => undefined);
  await new Promise((resolve) => ws.once('open', resolve).once('close', resolve));
  return ws;
}
const closed = (ws: WebSocket): Promise<number> => new Promise((resolve) => ws.once('close', resolve));

describe('GraphQL', () => {
  beforeAll(async () => {
    cluster = await startCluster(['--roles', 'api'], { NODE_OPTIONS: `--max-old-space-size=${MAX_HEAP_MB}` });
    const config = parse(readFileSync(cluster.kubeconfig, 'utf8')) as {
      clusters: [{ cluster: Record<string, string> }];
      users: [{ user: Record<string, string> }];
    };
    const pem = (text = ''): string => Buffer.from(text, 'base64').toString();
    const [{ user }] = config.users;
    credentials = {
      ca: pem(config.clusters[0].cluster['certificate-authority-data']),
      cert: pem(user['client-certificate-data']),
      key: pem(user['client-key-data']),
    };
    agent = new https.Agent({ keepAlive: true, maxSockets: 16, ...credentials });
    const text = 'x'.repeat(5000);
    let next = 0;
    const fill = async (): Promise<void> => {
      for (let i = next++; i < OBJECTS; i = next++) {
        const body = { metadata: { name: `m${i}` }, data: { text } };
        const { status } = await ask('POST', '/api/v1/namespaces/default/configmaps', JSON.stringify(body));
        expect(status).toBe(201);
      }
    };
    await Promise.all(Array.from({ length: 16 }, fill));
    const url = `${cluster.url}/api/v1/namespaces/default`;
    // 5: forget the most that it has had. Source: proc(5), clear_refs
    other = bystander(url, cluster.process.pid ?? 0, credentials, (pid) =>
      writeFileSync(`/proc/${pid}/clear_refs`, '5'),
    );
  });
  afterAll(async () => {
    await other?.stop();
    agent?.destroy();
    await cluster?.remove();
  });

  describe.each([
    ['in a document', DOCUMENTS],
    ['in variables', VARIABLES],
    ['in what it leads to', RUNNING],
  ])('%s', (_, attacks) => {
    it.each(attacks)('%s is %i and harms nobody', async (_what, code, run) => {
      const { result, harm } = await other.during(run);
      expect(result).toBe(code);
      expect(harm.slowest).toBeLessThan(MAX_WAIT_MS);
      expect(harm.grown).toBeLessThan(MAX_GROWTH);
    });
  });

  it.each(UNREAD)('100 %s that nobody reads harm nobody', async (_, request) => {
    const { result, harm } = await other.during(() => unread(100, request));
    expect(result).toBeGreaterThan(0);
    expect(harm.slowest).toBeLessThan(MAX_WAIT_MS);
    expect(harm.grown).toBeLessThan(MAX_GROWTH);
  });

  it('100 sockets that nobody reads harm nobody', async () => {
    const sockets = await Promise.all(Array.from({ length: 100 }, socket));
    const payload = { query: 'subscription { objectsWatch(resource: "configmaps") }' };
    const { result, harm } = await other.during(async () => {
      const begun = sockets.map(async (ws) => {
        ws.send(JSON.stringify({ type: 'connection_init' }));
        ws.send(JSON.stringify({ id: '1', type: 'subscribe', payload }));
        // the first message says that the socket is taken
        await once(ws, 'message');
        ws.pause();
      });
      await Promise.all(begun);
      await new Promise((resolve) => setTimeout(resolve, UNREAD_MS));
      return begun.length;
    });
    for (const ws of sockets) ws.terminate();
    expect(result).toBe(100);
    expect(harm.slowest).toBeLessThan(MAX_WAIT_MS);
    expect(harm.grown).toBeLessThan(MAX_GROWTH);
  });

  it('a socket that takes more messages than are read is cut', async () => {
    const ws = await socket();
    ws.pause();
    const { harm } = await other.during(async () => {
      const payload = { text: 'x'.repeat(100_000) };
      for (let i = 0; i < 1500 && ws.readyState === ws.OPEN; i++) {
        await new Promise<void>((sent) => ws.send(JSON.stringify({ type: 'ping', payload }), () => sent()));
      }
    });
    ws.terminate();
    expect(harm.grown).toBeLessThan(MAX_GROWTH);
  });

  it('a message over the limit ends its socket', async () => {
    const ws = await socket();
    const code = closed(ws);
    ws.send('x'.repeat(4 * MEGA));
    expect(await code).toBe(1009);
  });

  it('so many sockets of a user and no more', async () => {
    const sockets = await Promise.all(Array.from({ length: 402 }, socket));
    const last = sockets.find((ws) => ws.readyState !== ws.OPEN) ?? (await socket());
    const code = last.readyState === last.OPEN ? await closed(last) : 4429;
    expect(code).toBe(4429);
    expect(await operate('{ kinds { kind } }')).toBe(200);
    for (const ws of sockets) ws.terminate();
  });
});
