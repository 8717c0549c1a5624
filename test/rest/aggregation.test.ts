import type { IncomingMessage } from 'node:http';
import { connect } from 'node:http2';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { WebSocket, WebSocketServer } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PolicyAuditor } from '../../src/api/audit/auditor.ts';
import { Evaluator } from '../../src/api/audit/evaluator.ts';
import { makeAuthority, makeCertificate } from '../../src/start/certificates.ts';
import { badRequest } from '../../src/meta/status.ts';
import { TestServer, TOKEN } from './support.ts';

let server: TestServer;
let other: https.Server;
const GROUP = 'metrics.example.com';

beforeAll(async () => {
  const policy = new Evaluator({ rules: [{ level: 'Metadata' }] });
  const sink = { push: () => undefined, close: async () => undefined };
  server = await TestServer.open({}, { auditor: new PolicyAuditor({ policy, sinks: [sink] }) });
  const authority = await makeAuthority('other-ca');
  const serving = await makeCertificate({ commonName: 'other' }, authority, ['other.t.svc']);
  other = https.createServer({ ...serving, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.url?.endsWith('watch=true')) return response.flushHeaders();
    response.end(
      JSON.stringify({
        url: request.url,
        user: request.headers['x-remote-user'],
        group: request.headers['x-remote-group'],
        auth: request.headers['authorization'],
        shown: (request.socket as TLSSocket).getPeerCertificate().subject?.CN,
      }),
    );
  });
  const sockets = new WebSocketServer({ noServer: true });
  other.on('upgrade', (request, socket, head) => {
    if (request.url?.endsWith('/refused'))
      return socket.end('HTTP/1.1 418 Teapot\r\ncontent-length: 3\r\nx-own: a\r\n\r\nno!');
    sockets.handleUpgrade(request, socket, head, (client) => {
      const { url, headers } = request;
      const shown = (request.socket as TLSSocket).getPeerCertificate().subject?.CN;
      client.send(JSON.stringify({ url, user: headers['x-remote-user'], auth: headers['authorization'], shown }));
      client.on('message', (data: Buffer) => client.send(`again ${data.toString()}`));
    });
  });
  await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
  const { port } = other.address() as AddressInfo;
  await server.create('/api/v1/namespaces/t/services', {
    metadata: { name: 'other' },
    spec: { type: 'ExternalName', externalName: 'other.example.com' },
  });
  server.test.api.locate = async (host) => {
    if (host !== 'other.example.com') throw badRequest('address not allowed');
    return '127.0.0.1';
  };
  const service = (version: string, name: string) =>
    server.create('/apis/apiregistration.k8s.io/v1/apiservices', {
      metadata: { name: `${version}.${GROUP}` },
      spec: {
        group: GROUP,
        version,
        service: { namespace: 't', name, port },
        caBundle: Buffer.from(authority.cert).toString('base64'),
        groupPriorityMinimum: 100,
        versionPriority: version === 'v1' ? 10 : 5,
      },
    });
  expect((await service('v1', 'other')).status).toBe(201);
  expect((await service('v1beta1', 'nobody')).status).toBe(201);
});
afterAll(async () => {
  other.closeAllConnections();
  other.close();
  await server.close();
});

it('passes requests of a group on, with who asks and without what he has shown', async () => {
  const reply = await server.ask(`/apis/${GROUP}/v1/namespaces/t/pods?limit=5`, {
    headers: { 'x-remote-user': 'mallory' },
  });
  expect(reply.status).toBe(200);
  expect(reply.body).toEqual({
    url: `/apis/${GROUP}/v1/namespaces/t/pods?limit=5`,
    user: 'admin',
    group: expect.stringContaining('system:masters'),
    shown: 'front-proxy-client',
  });
});
it('passes on over HTTP/2 with few listeners at each answer', async () => {
  const warnings: Error[] = [];
  const warned = (warning: Error): void => void warnings.push(warning);
  process.on('warning', warned);
  const session = connect(server.url, { ca: server.ca.cert });
  const stream = session.request({ ':path': `/apis/${GROUP}/v1/pods`, authorization: `Bearer ${TOKEN}` });
  expect(JSON.parse(await text(stream))).toMatchObject({ user: 'admin' });
  await new Promise<void>((closed) => session.close(closed));
  process.off('warning', warned);
  expect(warnings).toEqual([]);
});
it('passes on the head of an answer before there is more of it', async () => {
  const answer = await server.open(`/apis/${GROUP}/v1/pods?watch=true`);
  expect(answer.statusCode).toBe(200);
  answer.destroy();
});
it('answers 503 where nobody serves', async () => {
  const reply = await server.ask(`/apis/${GROUP}/v1beta1/pods`);
  expect([reply.status, reply.text]).toEqual([503, 'service unavailable\n']);
});
it('knows the versions of the group', async () => {
  const { body } = await server.ask(`/apis/${GROUP}`);
  expect(body.versions.map((v: { version: string }) => v.version)).toEqual(['v1', 'v1beta1']);
  expect(body.preferredVersion).toEqual({ groupVersion: `${GROUP}/v1`, version: 'v1' });
});
it('refuses who may not ask', async () => {
  const reply = await server.ask(`/apis/${GROUP}/v1/pods`, { anonymous: true });
  expect(reply.status).toBe(403);
});

describe('a web socket to a group of another server', () => {
  const open = (path: string, authorization = `Bearer ${TOKEN}`): WebSocket =>
    new WebSocket(`${server.url.replace('https', 'wss')}/apis/${GROUP}/${path}`, {
      ca: server.ca.cert,
      headers: { authorization, 'x-remote-user': 'mallory' },
    });
  const refusal = async (path: string, authorization?: string) => {
    const socket = open(path, authorization);
    socket.on('error', () => undefined);
    const [, answer] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    return { status: answer.statusCode, own: answer.headers['x-own'], text: Buffer.concat(chunks).toString() };
  };

  it('is joined with it, with who asks and without what he has shown', async () => {
    const socket = open('v1/namespaces/t/pods/a/stream?x=1');
    const [first] = (await once(socket, 'message')) as [Buffer];
    expect(JSON.parse(first.toString())).toEqual({
      url: `/apis/${GROUP}/v1/namespaces/t/pods/a/stream?x=1`,
      user: 'admin',
      shown: 'front-proxy-client',
    });
    socket.send('hello');
    expect(String(((await once(socket, 'message')) as [Buffer])[0])).toBe('again hello');
    socket.close();
    await once(socket, 'close');
  });

  it('that it does not take is answered as it answers', async () => {
    expect(await refusal('v1/refused')).toEqual({ status: 418, own: 'a', text: 'no!' });
  });

  it('is for those who may ask, and for servers that are there', async () => {
    expect(await refusal('v1/namespaces/t/pods', 'Bearer nobody')).toMatchObject({ status: 401 });
    expect(await refusal('v1beta1/namespaces/t/pods')).toMatchObject({ status: 503 });
  });
});
