import { request } from 'node:https';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AggregatedServer } from '../../src/addons/aggregated-server.ts';
import { documents } from '../../src/addons/metrics/openapi.ts';
import { makeAuthority, makeCertificate, type KeyPair } from '../../src/start/certificates.ts';

const V3 = '/openapi/v3/apis/metrics.k8s.io/v1beta1';
const HASH = documents.at(V3)?.hash ?? '';
let server: AggregatedServer;
let port: number;
let shown: Record<'proxy' | 'other', KeyPair>;

beforeAll(async () => {
  const ca = await makeAuthority('test');
  const [serving, proxy, other] = await Promise.all([
    makeCertificate({ commonName: 'metrics' }, undefined, ['metrics']),
    makeCertificate({ commonName: 'front-proxy-client' }, ca),
    makeCertificate({ commonName: 'somebody' }, ca),
  ]);
  shown = { proxy, other };
  const api = { documents, answer: ({ url }: { url: string }) => ({ url }) };
  server = new AggregatedServer(api, { ...serving, clientCA: ca.cert }, () => undefined);
  port = await server.listen();
});
afterAll(() => server?.close());

interface Answer {
  code: number | undefined;
  headers: Record<string, unknown>;
  body: string;
}
const ask = (path: string, { as = 'proxy', method = 'GET', known = '' } = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { cert, key } = shown[as as 'proxy'];
    const headers = known ? { 'if-none-match': known } : {};
    const options = { host: '127.0.0.1', port, path, method, cert, key, headers, agent: false as const };
    request({ ...options, rejectUnauthorized: false }, (answer) => {
      let body = '';
      answer.on('data', (chunk) => (body += chunk));
      answer.on('end', () => resolve({ code: answer.statusCode, headers: answer.headers, body }));
    })
      .on('error', reject)
      .end();
  });

it('says what it serves as OpenAPI, by a hash that clients keep', async () => {
  const { code, headers, body } = await ask(V3);
  expect([code, headers['etag'], headers['content-type']]).toEqual([200, `"${HASH}"`, 'application/json']);
  expect(JSON.parse(body).openapi).toBe('3.0.0');
  expect((await ask(`${V3}?hash=${HASH}`)).headers['cache-control']).toBe('public, immutable');
  const moved = await ask(`${V3}?hash=OLD`);
  expect([moved.code, moved.headers['location']]).toEqual([301, `${V3}?hash=${HASH}`]);
  expect((await ask(V3, { known: `"${HASH}"` })).code).toBe(304);
  expect(JSON.parse((await ask('/openapi/v2')).body).swagger).toBe('2.0');
});

it('has the API answer all else', async () => {
  for (const path of ['/openapi/v4', '/apis/x?y', '/'])
    expect([path, JSON.parse((await ask(path)).body)]).toEqual([path, { url: path }]);
  expect(JSON.parse((await ask('/openapi/v2', { method: 'POST' })).body)).toEqual({ url: '/openapi/v2' });
});

it('answers nobody but the API server', async () => {
  expect((await ask(V3, { as: 'other' })).code).toBe(401);
});

it('answers while others connect to it and say nothing', async () => {
  const silent = Array.from({ length: 400 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  await Promise.all(silent.map((socket) => new Promise((done) => socket.once('connect', done).once('close', done))));
  expect((await ask('/')).code).toBe(200);
  for (const socket of silent) socket.destroy();
});
