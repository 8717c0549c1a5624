import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenConnection } from '../../src/api/contract.ts';
import { makeCertificate } from '../../src/start/certificates.ts';
import { TestServer, TOKEN } from './support.ts';

/** A node that is only an HTTPS server: what it is asked is kept, what it answers is set by the test. */
class FakeNode {
  readonly asked: { url: string; headers: IncomingMessage['headers']; client: string }[] = [];
  answer: (req: IncomingMessage, res: ServerResponse) => void = (_, res) => res.end();
  upgrade: (req: IncomingMessage, socket: Duplex, head: Buffer) => void = (_, socket) => socket.destroy();
  constructor(readonly server: Server) {
    const keep = (req: IncomingMessage) =>
      this.asked.push({
        url: req.url!,
        headers: req.headers,
        client: String((req.socket as TLSSocket).getPeerCertificate().subject?.CN),
      });
    server.on('request', (req, res) => (keep(req), this.answer(req, res)));
    server.on('upgrade', (req, socket, head) => (keep(req), this.upgrade(req, socket, head)));
  }
  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }
}

let server: TestServer;
let node: FakeNode;
beforeAll(async () => {
  server = await TestServer.open();
  const serving = await makeCertificate({ commonName: 'system:node:n1', organizations: ['system:nodes'] }, server.ca, [
    '127.0.0.1',
  ]);
  node = new FakeNode(createServer({ ...serving, ca: server.ca.cert, requestCert: true, rejectUnauthorized: false }));
  node.server.listen(0, '127.0.0.1');
  await once(node.server, 'listening');
  // the node's address, and a pod on it
  server.test.api.connect = async (_ctx, target, { query, path = '', search }): Promise<OpenConnection> => ({
    url: new URL(`https://127.0.0.1:${node.port}/${target.subresource}${path}${search ?? `?${query}`}`),
    kubelet: 'n1',
    address: '127.0.0.1',
    secure: true,
    hold: () => () => undefined,
  });
});
afterAll(async () => {
  node.server.close();
  node.server.closeAllConnections();
  await server.close();
});

const POD = '/api/v1/namespaces/t/pods/p';

function upgrade(
  path: string,
  protocol: string,
  more: Record<string, string> = {},
): Promise<{ status: number; socket?: Duplex; head?: Buffer; text?: string }> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      server.options(path, { method: 'POST', headers: { connection: 'Upgrade', upgrade: protocol, ...more } }),
    );
    request.once('upgrade', (answer, socket, head) => resolve({ status: answer.statusCode!, socket, head }));
    request.once('response', (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('end', () => resolve({ status: answer.statusCode!, text }));
    });
    request.once('error', reject);
    request.end();
  });
}

describe('streams', () => {
  it('passes a log on as it comes, with the certificate of the server', async () => {
    let more: () => void = () => undefined;
    node.answer = (_, res) => {
      res.writeHead(200, { 'content-type': 'text/plain' });
      res.write('one\n');
      more = () => res.end('two\n');
    };
    const answer = await server.open(`${POD}/log?follow=true`);
    const chunks = answer[Symbol.asyncIterator]();
    expect(String((await chunks.next()).value)).toBe('one\n');
    more();
    expect(String((await chunks.next()).value)).toBe('two\n');
    expect(node.asked.at(-1)).toMatchObject({ client: 'kube-apiserver-kubelet-client' });
    expect(node.asked.at(-1)!.headers.authorization).toBeUndefined();
  });

  it('ends the log at the node when the client leaves', async () => {
    const left = new Promise<void>((resolve) => {
      node.answer = (_, res) => {
        res.on('close', resolve);
        res.write('x');
      };
    });
    const answer = await server.open(`${POD}/log?follow=true`);
    answer.destroy();
    await left;
  });

  it('tells what the node refused as a Status', async () => {
    node.answer = (_, res) => res.writeHead(400).end('container "c" is waiting to start: ContainerCreating');
    const reply = await server.ask(`${POD}/log`);
    expect(reply.body).toMatchObject({
      kind: 'Status',
      code: 400,
      reason: 'BadRequest',
      message: 'container "c" is waiting to start: ContainerCreating',
    });
  });

  it('joins client and node after the node has switched, both ways', async () => {
    node.upgrade = (_, socket) => {
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\nhello ',
      );
      socket.pipe(socket);
    };
    const { status, socket, head } = await upgrade(`${POD}/exec?command=ls`, 'SPDY/3.1', {
      'x-stream-protocol-version': 'v4.channel.k8s.io',
    });
    expect(status).toBe(101);
    const big = Buffer.alloc(2_000_000, 'z');
    socket!.write(big);
    let all = head!;
    while (all.length < 6 + big.length) all = Buffer.concat([all, ...(await once(socket!, 'data'))]);
    socket!.end();
    expect(all.subarray(0, 6).toString()).toBe('hello ');
    expect(all.length).toBe(6 + big.length);
    expect(node.asked.at(-1)!.headers).toMatchObject({
      upgrade: 'SPDY/3.1',
      'x-stream-protocol-version': 'v4.channel.k8s.io',
    });
  });

  it('keeps a bearer token that came as a protocol to itself', async () => {
    node.upgrade = (_, socket) => socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
    const protocols = `base64url.bearer.authorization.k8s.io.${Buffer.from(TOKEN).toString('base64url')}, v5.channel.k8s.io`;
    const { status, text } = await upgrade(`${POD}/exec?command=ls`, 'websocket', {
      authorization: '',
      'sec-websocket-protocol': protocols,
    });
    expect([status, JSON.parse(text!).message]).toEqual([403, 'no']);
    expect(node.asked.at(-1)!.headers['sec-websocket-protocol']).toBe('v5.channel.k8s.io');
  });

  it('says that an upgrade is needed, and refuses one that is not allowed', async () => {
    expect((await server.ask(`${POD}/exec?command=ls`, { method: 'POST' })).body).toMatchObject({
      code: 400,
      message: 'Upgrade request required',
    });
    const refused = await upgrade(`${POD}/exec`, 'SPDY/3.1', { authorization: 'Bearer wrong' });
    expect([refused.status, JSON.parse(refused.text!).reason]).toEqual([401, 'Unauthorized']);
  });

  it('reports a node that cannot be reached', async () => {
    node.upgrade = (_, socket) => socket.destroy();
    const { status, text } = await upgrade(`${POD}/attach`, 'SPDY/3.1');
    expect([status, JSON.parse(text!).reason]).toEqual([500, 'InternalError']);
  });
});

describe('proxy', () => {
  it('passes method, path, query, body and answer through', async () => {
    node.answer = (req, res) => {
      let body = '';
      req.on('data', (chunk) => (body += chunk));
      req.on('end', () =>
        res.writeHead(418, { 'x-own': 'yes', 'content-type': 'text/x' }).end(`${req.method} ${body}`),
      );
    };
    const reply = await server.ask('/api/v1/namespaces/t/services/http:web:80/proxy/a/b?c=d', {
      method: 'POST',
      body: 'data',
      headers: { 'content-type': 'text/plain' },
    });
    expect([reply.status, reply.text, reply.headers['x-own'], reply.headers['content-type']]).toEqual([
      418,
      'POST data',
      'yes',
      'text/x',
    ]);
    expect(node.asked.at(-1)!.url).toMatch(/^\/proxy\/a\/b\?c=d/);
  });

  it('keeps redirects below its path', async () => {
    node.answer = (_, res) => res.writeHead(302, { location: '/login?x=1' }).end();
    const reply = await server.ask('/api/v1/nodes/n/proxy/start');
    expect(reply.headers.location).toBe('/api/v1/nodes/n/proxy/login?x=1');
    const slash = await server.ask('/api/v1/nodes/n/proxy?a=b');
    expect([slash.status, slash.headers.location]).toEqual([301, '/api/v1/nodes/n/proxy/?a=b']);
  });

  const browser = { 'sec-fetch-site': 'none' };
  const through = { 'x-forwarded-for': '10.0.0.1' };
  const cookie = { cookie: '__Host-ku7s_session=x' };
  const sandbox = expect.stringMatching(/^sandbox (?!.*same-origin)/);
  it.each<[string, Record<string, string>, { anonymous?: boolean }, unknown]>([
    ['a client', {}, {}, undefined],
    ['a client behind another proxy', through, {}, undefined],
    ['a browser', browser, {}, sandbox],
    ['a browser that says nothing of itself but its session', cookie, {}, sandbox],
    ['a browser by way of kubectl proxy', { ...browser, ...through, ...cookie }, {}, undefined],
    ['a browser behind a proxy that is nobody', { ...browser, ...through, ...cookie }, { anonymous: true }, sandbox],
  ])('runs in an origin of its own what it answers to %s', async (_, headers, by, policy) => {
    node.answer = (_req, res) => res.writeHead(200, { 'content-type': 'text/html' }).end('<script>');
    for (const path of ['/api/v1/nodes/n/proxy/', `${POD}/log`]) {
      const answered = (await server.ask(path, { headers, ...by })).headers;
      expect(answered['content-security-policy']).toEqual(policy);
      expect(answered['x-content-type-options']).toBe(policy && 'nosniff');
    }
  });

  it('leaves a target its own policy beside that', async () => {
    node.answer = (_, res) => res.writeHead(200, { 'content-security-policy': "default-src 'self'" }).end();
    const reply = await server.ask('/api/v1/nodes/n/proxy/', { headers: browser });
    expect(reply.headers['content-security-policy']).toMatch(/^default-src 'self', sandbox /);
  });
});
