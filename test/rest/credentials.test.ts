import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { connect, constants } from 'node:http2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { makeAuthority, makeCertificate, type KeyPair } from '../../src/start/certificates.ts';
import { certificate, type Wish } from './certificate.ts';
import { TestServer, TOKEN } from './support.ts';

const UID = '1.3.6.1.4.1.57683.2';
const { serverAuth } = x509.ExtendedKeyUsage;

let server: TestServer;
let now = Date.now();
let foreign: KeyPair;
let impostor: KeyPair;
beforeAll(async () => {
  server = await TestServer.open({ clock: { now: () => now } });
  foreign = await makeAuthority('foreign');
  // another authority by the name of ours
  impostor = await makeAuthority('test');
});
afterAll(() => server.close());

const REVIEW = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
const WHO = {
  method: 'POST',
  body: { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1' },
  anonymous: true,
};
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('a client certificate', () => {
  it.each<[string, Wish, object]>([
    ['names its user and groups', { name: [{ O: ['a'] }, { O: ['b'] }, { CN: ['u'] }] }, { username: 'u' }],
    ['with several common names is the last', { name: [{ CN: ['system:admin'] }, { CN: ['u'] }] }, { username: 'u' }],
    ['that names no use is good', { name: [{ CN: ['u'] }], usages: [] }, { username: 'u' }],
    ['for any use is good', { name: [{ CN: ['u'] }], usages: ['2.5.29.37.0'] }, { username: 'u' }],
    ['may hold a uid', { name: [{ CN: ['u'] }, { [UID]: ['7'] }] }, { username: 'u', uid: '7' }],
  ])('%s', async (_, wish, user) => {
    const client = await certificate(wish, server.ca);
    const { status, body } = await server.ask(REVIEW, { ...WHO, client });
    expect(status).toBe(201);
    expect(body.status.userInfo).toMatchObject(user);
    const id = body.status.userInfo.extra['authentication.kubernetes.io/credential-id'];
    expect(id).toEqual([expect.stringMatching(/^X509SHA256=[0-9a-f]{64}$/)]);
  });

  const u = [{ CN: ['u'] }];
  it.each<[string, Wish, () => KeyPair]>([
    ['without a common name', { name: [{ O: ['system:masters'] }] }, () => server.ca],
    ['of a foreign authority', { name: u }, () => foreign],
    ["of an authority by our authority's name", { name: u }, () => impostor],
    ['of the front proxy’s authority', { name: [{ O: ['system:masters'] }, { CN: ['u'] }] }, () => server.frontProxyCA],
    ['for servers', { name: u, usages: [serverAuth] }, () => server.ca],
    ['that is over', { name: u, from: -7200, until: -3600 }, () => server.ca],
    ['that is not good yet', { name: u, from: 600 }, () => server.ca],
    ['with two uids', { name: [...u, { [UID]: ['1'] }, { [UID]: ['2'] }] }, () => server.ca],
    ['with an empty uid', { name: [...u, { [UID]: [''] }] }, () => server.ca],
  ])('%s is 401 alone, and hands over to a token', async (_, wish, authority) => {
    const client = await certificate(wish, authority());
    expect((await server.ask('/version', { client })).status).toBe(401);
    expect((await server.ask('/version', { client, headers: bearer('wrong') })).status).toBe(401);
    const { status, body } = await server.ask(REVIEW, { ...WHO, client, headers: bearer(TOKEN) });
    expect([status, body.status?.userInfo.username]).toEqual([201, 'admin']);
  });

  it('wins over a token', async () => {
    const client = await certificate({ name: u }, server.ca);
    const { body } = await server.ask(REVIEW, { ...WHO, client, headers: bearer(TOKEN) });
    expect(body.status.userInfo.username).toBe('u');
  });

  it('ends on a connection that is open', async () => {
    const client = await certificate({ name: u, until: 600 }, server.ca);
    const session = connect(server.url, { ca: server.ca.cert, ...client });
    const status = () =>
      new Promise((resolve, reject) => {
        const stream = session.request({ ':path': '/version' });
        stream.on('response', (headers) => resolve(headers[constants.HTTP2_HEADER_STATUS]));
        stream.on('error', reject);
        stream.resume();
      });
    expect(await status()).toBe(200);
    now += 3_600_000;
    expect(await status()).toBe(401);
    now -= 3_600_000;
    session.close();
  });
});

describe('X-Remote-* headers', () => {
  const headers = {
    'x-remote-user': 'jane',
    'x-remote-uid': '7',
    'x-remote-group': ['a, b', 'c'],
    'x-remote-extra-acme.com%2fproject': 'p',
  };
  it('are believed under the certificate of a front proxy', async () => {
    const client = await makeCertificate({ commonName: 'front-proxy-client' }, server.frontProxyCA);
    const { body } = await server.ask(REVIEW, { ...WHO, client, headers });
    expect(body.status.userInfo).toEqual({
      username: 'jane',
      uid: '7',
      groups: ['a, b', 'c', 'system:authenticated'],
      extra: { 'acme.com/project': ['p'] },
    });
    // who names nobody is nobody
    expect((await server.ask('/version', { client })).status).toBe(401);
  });
  it.each<[string, () => Promise<KeyPair | undefined>, number, string?]>([
    ['nobody', async () => undefined, 401],
    ['a client', () => certificate({ name: [{ CN: ['eve'] }] }, server.ca), 201, 'eve'],
    [
      'a client by the name of the proxy',
      () => makeCertificate({ commonName: 'front-proxy-client' }, server.ca),
      201,
      'front-proxy-client',
    ],
    ['another certificate of its authority', () => makeCertificate({ commonName: 'eve' }, server.frontProxyCA), 401],
    ['a foreign proxy', () => makeCertificate({ commonName: 'front-proxy-client' }, foreign), 401],
    [
      'a proxy whose certificate is over',
      () => certificate({ name: [{ CN: ['front-proxy-client'] }], from: -7200, until: -3600 }, server.frontProxyCA),
      401,
    ],
  ])('of %s are not', async (_, make, status, username) => {
    const client = await make();
    const answer = await server.ask(REVIEW, {
      ...WHO,
      ...(client && { client }),
      headers: { ...headers, ...(!client && bearer('x')) },
    });
    expect([answer.status, answer.body.status?.userInfo?.username]).toEqual([status, username]);
  });
});

describe('a bearer token among the protocols of a web socket', () => {
  const PREFIX = 'base64url.bearer.authorization.k8s.io.';
  const good = PREFIX + Buffer.from(TOKEN).toString('base64url');
  const open = (protocols: string[], path = '/api/v1/namespaces?watch=1') =>
    new Promise<string>((resolve) => {
      const socket = new WebSocket(`${server.url}${path}`, protocols, { ca: server.ca.cert });
      socket.once('open', () => (resolve(`open ${socket.protocol}`), socket.terminate()));
      socket.once('unexpected-response', (request, { statusCode }) => (resolve(String(statusCode)), request.destroy()));
      socket.on('error', (error) => resolve(error.message));
    });
  it.each([
    ['stands beside another, which is answered', [good, 'v1.example'], 'open v1.example'],
    ['in any order', ['v1.example', good], 'open v1.example'],
    ['is refused alone', [good], '401'],
    ['is refused twice', [good, `${PREFIX}eA`, 'v1.example'], '401'],
    ['is refused where it is no base64url', [`${PREFIX}a+b`, 'v1.example'], '401'],
    ['is refused where it is no text', [`${PREFIX}_w`, 'v1.example'], '401'],
    ['is refused where it is wrong', [`${PREFIX}${Buffer.from('wrong').toString('base64url')}`, 'v1.example'], '401'],
  ])('%s', async (_, protocols, answer) => expect(await open(protocols)).toBe(answer));
});
