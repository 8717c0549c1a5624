import { readFileSync } from 'node:fs';
import { createServer, request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Budget, DEFAULT_BUDGET } from '../../src/resolvers/budget.ts';
import { formatError } from '../../src/resolvers/errors.ts';
import { createGraphQL, type GraphQLFacade } from '../../src/resolvers/graphql.ts';
import { DEFAULT_LIMITS, nestingOf } from '../../src/resolvers/limits.ts';
import { OpenOperations } from '../../src/resolvers/open-operations.ts';
import { RecordingApi, asUser } from './recording-api.ts';

let fake: RecordingApi;
let graphql: GraphQLFacade;
let server: Server;

beforeEach(async () => {
  fake = new RecordingApi();
  graphql = createGraphQL({ api: fake.api });
  server = createServer((req, res) => void graphql.handler(req, res, asUser('me')));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
});
afterEach(async () => {
  await graphql.close();
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}
/** Not by fetch, which takes compression away. */
function ask(body: string | undefined, headers: Record<string, string> = {}, path = '/graphql'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { port } = server.address() as AddressInfo;
    const method = body === undefined ? 'GET' : 'POST';
    const sent = { 'content-type': 'application/json', ...headers };
    const req = httpRequest({ port, host: '127.0.0.1', path, method, headers: sent }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(chunks) }));
    });
    req.on('error', reject);
    req.end(body);
  });
}
const errorOf = async (body: string): Promise<{ message: string; extensions: Record<string, unknown> }> => {
  const answer = JSON.parse((await ask(body)).body.toString()) as { errors: Awaited<ReturnType<typeof errorOf>>[] };
  return answer.errors[0]!;
};

const many = (count: number, make: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => make(i)).join(' ');
const operation = (query: string, variables?: object): string => JSON.stringify({ query, variables });
const nested = (levels: number): string =>
  `{"query":"{ kinds { kind } }","variables":{"where":${'{"not":'.repeat(levels)}{}${'}'.repeat(levels)}}}`;
const deep = (levels: number): string =>
  `{ pods(where: ${'{ not: '.repeat(levels)}{}${' }'.repeat(levels)}) { continue } }`;

const REACHED: [limit: string, value: number, code: number, body: () => string][] = [
  ['length', DEFAULT_LIMITS.length, 400, () => operation(`{ kinds { kind } } #${'x'.repeat(DEFAULT_LIMITS.length)}`)],
  ['tokens', DEFAULT_LIMITS.tokens, 400, () => operation(`{ kinds { ${'kind '.repeat(DEFAULT_LIMITS.tokens)} } }`)],
  ['nesting', DEFAULT_LIMITS.nesting, 400, () => operation(deep(300))],
  ['nesting', DEFAULT_LIMITS.nesting, 400, () => operation(deep(5000))],
  ['levels', 500, 400, () => nested(5000)],
  ['values', 100_000, 413, () => operation('{ kinds { kind } }', { list: Array(120_000).fill(0) })],
  ['definitions', DEFAULT_LIMITS.definitions, 400, () => operation(many(300, (i) => `query Q${i} { kinds { kind } }`))],
  ['aliases', DEFAULT_LIMITS.aliases, 400, () => operation(`{ kinds { ${many(101, (i) => `a${i}: kind`)} } }`)],
  [
    'depth',
    DEFAULT_LIMITS.depth,
    400,
    () => operation(`{ pod(name: "a") ${'{ owner '.repeat(30)} { kind } ${'}'.repeat(30)} }`),
  ],
  [
    'comparisons',
    DEFAULT_LIMITS.comparisons,
    400,
    () => operation(`{ pods { items { ${many(900, () => 'metadata { name }')} } } }`),
  ],
  ['rootFields', 50, 400, () => operation(`{ ${many(51, () => 'kinds { kind }')} }`)],
  ['rootFields', 50, 400, () => operation(`{ ...A } fragment A on Query { ${many(51, () => 'kinds { kind }')} }`)],
  [
    'rootFields',
    50,
    400,
    () =>
      operation(
        `{ ${many(20, () => 'kinds { kind }')} ... on Query { ${many(20, () => 'kinds { kind }')} ...A } } fragment A on Query { ${many(20, () => 'kinds { kind }')} }`,
      ),
  ],
  ['cost', DEFAULT_LIMITS.cost, 400, () => operation('{ pods(first: 4000000) { items { kind } } }')],
  ['batch', DEFAULT_LIMITS.batch, 413, () => `[${Array(11).fill(operation('{ kinds { kind } }')).join(',')}]`],
  ['body', 3 * 1024 * 1024, 413, () => operation('{ kinds { kind } }', { a: 'x'.repeat(3 * 1024 * 1024) })],
];

describe('a limit', () => {
  test.each(REACHED)('%s that is reached says that it is %i, with %i', async (limit, value, code, body) => {
    expect((await errorOf(body())).extensions).toMatchObject({ code, limit, value });
  });

  test.each([
    ['fifty fields in fragments', `{ ...A } fragment A on Query { ${many(50, () => 'kinds { kind }')} }`],
    ['brackets in a text', `{ objects(resource: "${'{'.repeat(300)}") { items } }`],
    ['brackets in a block text', `{ objects(resource: """${'[" '.repeat(300)}""") { items } }`],
    ['brackets in a comment', `{ kinds { kind } } # ${'{'.repeat(300)}`],
  ])('is not reached by %s', async (_, query) => {
    const { errors = [] } = JSON.parse((await ask(operation(query))).body.toString()) as { errors?: object[] };
    expect(errors.filter((error) => JSON.stringify(error).includes('"limit"'))).toEqual([]);
  });

  const spend: [limit: string, value: number, (budget: Budget) => unknown][] = [
    ['produced', 5, (budget) => budget.produce(6)],
    ['looks', 6, (budget) => budget.look(7)],
    ['text', 7, (budget) => budget.write(8)],
    ['whole', 8, (budget) => [budget.pass(9), budget.pass(9)]],
  ];
  test.each(spend)('on what runs says that it is %s', (limit, value, act) => {
    const budget = new Budget({ ...DEFAULT_BUDGET, fields: 5, looks: 6, text: 7, whole: 8 });
    expect(thrown(() => act(budget))).toMatchObject({ extensions: { code: 413, limit, value } });
  });

  test('on the time that an operation takes', async () => {
    const budget = new Budget({ ...DEFAULT_BUDGET, time: -1 });
    const error: unknown = await budget.turn().catch((why: unknown) => why);
    expect(formatError(error, () => undefined).extensions).toMatchObject({ code: 504, limit: 'time', value: -1 });
    await expect(budget.exceeded).rejects.toBe(error);
  });

  test.each([
    ['operations', 1, 1, 100],
    ['held', 10, 5, 10],
  ])('on what a user has open: %s', (limit, value, count, bytes) => {
    const open = new OpenOperations(count, bytes);
    const asked = { request: { query: '' }, refusal: undefined as unknown };
    open.open('me', asked, 6);
    expect(thrown(() => open.open('me', asked, 6))).toMatchObject({ extensions: { code: 429, limit, value } });
    open.open('other', asked, 6);
  });
});

function thrown(act: () => unknown): object {
  try {
    act();
  } catch (error) {
    return formatError(error, () => undefined);
  }
  throw new Error('nothing was thrown');
}

test.each([
  ['{ a { b } }', 2],
  ['{ a(b: [{c: 1}]) { d } }', 4],
  ['{ a(b: "{[(") }', 2],
  ['{ a(b: """ \\""" {{{ """) }', 2],
  ['} } {', 0],
  ['', 0],
])('brackets inside each other in %j: %i', (text, nesting) => {
  expect(nestingOf(text)).toBe(nesting);
});

describe('an answer', () => {
  const LIST = '{ pods(namespace: "a") { items { metadata { name labels { key value } } } } }';
  beforeEach(() => {
    for (let i = 0; i < 300; i++)
      fake.put('pods', { metadata: { namespace: 'a', name: `p${i}`, labels: { app: 'web', tier: 'front' } } });
  });
  const undo = { br: brotliDecompressSync, gzip: gunzipSync } as const;

  test.each([
    ['br', 'br'],
    ['gzip, deflate, br', 'br'],
    ['gzip', 'gzip'],
    ['GZIP;q=1.0, br;q=0', 'gzip'],
  ] as const)('is compressed for who accepts %j: %s', async (accepted, encoding) => {
    const plain = await ask(operation(LIST));
    const { headers, body } = await ask(operation(LIST), { 'accept-encoding': accepted });
    expect(headers).toMatchObject({ 'content-encoding': encoding, vary: 'accept-encoding' });
    expect(headers['content-length']).toBeUndefined();
    expect(undo[encoding](body).equals(plain.body)).toBe(true);
    expect(body.length).toBeLessThan(plain.body.length / 3);
  });

  test.each([
    ['nobody who asks for it', {}, operation(LIST)],
    ['a refusal of it', { 'accept-encoding': 'gzip;q=0, identity' }, operation(LIST)],
    ['what is not known', { 'accept-encoding': 'zstd, deflate' }, operation(LIST)],
    ['a browser session', { 'accept-encoding': 'gzip, br', cookie: 'a=b' }, operation(LIST)],
    ['a GET, which a link may be', { 'accept-encoding': 'gzip, br' }, undefined],
    ['little', { 'accept-encoding': 'gzip, br' }, operation('{ pod(namespace: "a", name: "p1") { kind } }')],
  ])('is as it is for %s', async (_, headers, body) => {
    const { headers: answered, body: bytes } = await ask(body, headers, `/graphql?query=${encodeURIComponent(LIST)}`);
    expect(answered['content-encoding']).toBeUndefined();
    expect(Number(answered['content-length'])).toBe(bytes.length);
  });

  test('of several operations is compressed too', async () => {
    const body = `[${operation(LIST)},${operation(LIST)}]`;
    const { headers, body: bytes } = await ask(body, { 'accept-encoding': 'gzip' });
    expect(headers['content-encoding']).toBe('gzip');
    expect(JSON.parse(gunzipSync(bytes).toString())).toHaveLength(2);
  });
});

test('the page about them has every limit', () => {
  const page = readFileSync(new URL('../../docs/graphql.md', import.meta.url), 'utf8');
  const source = readFileSync(new URL('../../src/resolvers/limit-error.ts', import.meta.url), 'utf8');
  const names = [...source.matchAll(/^ {2}\| '(\w+)'/gm)].map(([, name]) => name!);
  expect(names.length).toBeGreaterThan(20);
  expect(names.filter((name) => !page.includes(`| \`${name}\``))).toEqual([]);
});
