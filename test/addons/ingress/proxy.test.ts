import { once } from 'node:events';
import { request, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { makeCertificate } from '../../../src/start/certificates.ts';
import { TestEdge, pathTo, raw } from './support.ts';

let edge: TestEdge;
beforeEach(async () => {
  edge = await TestEdge.start();
});
afterEach(() => edge.close());

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}
/** Asks the proxy for a path of a host. */
function ask(host: string, path = '/', options: RequestOptions = {}, body?: string | Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { host, ...(options.headers as Record<string, string>) };
    const asked = request(
      { port: edge.httpPort, host: '127.0.0.1', path, agent: false, ...options, headers },
      (res) => {
        let text = '';
        res.on('data', (chunk: Buffer) => (text += chunk.toString()));
        res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: text }));
        res.on('error', reject);
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
}
/** A backend that says who it is and what it was asked for. */
const echo = (name: string) =>
  edge.serve(name, (req, res) => res.end(JSON.stringify({ name, url: req.url, headers: req.headers })));
const nameIn = ({ status, body }: Answer): unknown =>
  status === 200 ? (JSON.parse(body) as { name: string }).name : status;

describe('ways', () => {
  beforeEach(async () => {
    for (const name of ['root', 'foo', 'exact', 'long', 'wild', 'any', 'left']) await echo(name);
    edge.ingress('one', {
      defaultBackend: { service: { name: 'left', port: { number: 80 } } },
      rules: [
        {
          host: 'shop.example',
          http: {
            paths: [
              pathTo('/', 'root', 'ImplementationSpecific'),
              pathTo('/foo', 'foo'),
              pathTo('/foo', 'exact', 'Exact'),
              pathTo('/foo/bar/', 'long', 'Prefix', { name: 'web' }),
            ],
          },
        },
        { host: '*.shop.example', http: { paths: [pathTo('/', 'wild')] } },
        { host: 'only.example', http: { paths: [pathTo('/only', 'foo')] } },
        {
          host: 'gone.example',
          http: { paths: [pathTo('/', 'missing'), pathTo('/port', 'foo', 'Prefix', { number: 81 })] },
        },
      ],
    });
    edge.ingress('two', { rules: [{ http: { paths: [pathTo('/any', 'any')] } }] });
  });

  it.each([
    ['shop.example', '/', 'root'],
    ['SHOP.example:8080', '/x', 'root'],
    ['shop.example.', '/x', 'root'],
    ['shop.example', '/foo', 'exact'],
    ['shop.example', '/foo/', 'foo'],
    ['shop.example', '/foo/x', 'foo'],
    ['shop.example', '/foobar', 'root'],
    ['shop.example', '/Foo', 'root'],
    ['shop.example', '/foo?x=/bar', 'exact'],
    ['shop.example', '/foo/bar', 'long'],
    ['shop.example', '/foo/bar/', 'long'],
    ['shop.example', '/foo/bar/x', 'long'],
    ['shop.example', '/foo/barx', 'foo'],
    ['shop.example', '/f%6fo/bar', 'long'],
    ['shop.example', '/x/../foo/bar', 'long'],
    ['shop.example', '/x/%2e%2e/foo/./bar', 'long'],
    ['shop.example', '/foo%2Fbar', 'root'],
    ['a.shop.example', '/', 'wild'],
    ['a.b.shop.example', '/', 404],
    ['example', '/', 404],
    ['only.example', '/only/x', 'foo'],
    ['only.example', '/else', 'left'],
    ['only.example', '/any', 'any'],
    ['other.example', '/any/x', 'any'],
    ['other.example', '/', 404],
    ['gone.example', '/', 503],
    ['gone.example', '/port', 503],
  ])('%s%s leads to %s', async (host, path, expected) => {
    expect(nameIn(await ask(host, path))).toBe(expected);
  });

  it('follow what changes', async () => {
    edge.route('new.example', 'foo');
    expect(nameIn(await ask('new.example'))).toBe('foo');
    edge.informers.remove('services', 'default', 'foo');
    expect(nameIn(await ask('new.example'))).toBe(503);
  });

  it('lead everything that is left over to an Ingress without rules, then to the class', async () => {
    edge.informers.put('ingressclasses.networking.k8s.io', {
      metadata: { name: 'ku7s', annotations: { 'ingress.ku7s.io/default-backend': 'default/any:80' } },
      spec: { controller: 'ku7s.io/ingress-controller' },
    } as never);
    expect(nameIn(await ask('other.example'))).toBe('any');
    edge.ingress('all', { defaultBackend: { service: { name: 'left', port: { name: 'web' } } } });
    expect(nameIn(await ask('other.example'))).toBe('left');
  });

  it('are not opened by other classes, nor by resource backends', async () => {
    edge.ingress('other', {
      ingressClassName: 'nginx',
      rules: [{ host: 'nginx.example', http: { paths: [pathTo('/', 'foo')] } }],
    });
    expect(nameIn(await ask('nginx.example'))).toBe(404);
    const backend = { resource: { kind: 'Bucket', name: 'b' } };
    edge.ingress('res', {
      rules: [{ host: 'res.example', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    });
    expect(nameIn(await ask('res.example'))).toBe(503);
  });
});

describe('a request', () => {
  it('says where it has come from, whatever it says itself', async () => {
    await echo('web');
    edge.route('a.example', 'web');
    const lies = {
      'X-Forwarded-For': '1.2.3.4',
      'X-Forwarded-Proto': 'https',
      X_Forwarded_Host: 'evil',
      Forwarded: 'for=1.2.3.4',
      'X-Real-IP': '1.2.3.4',
      'X-Forwarded-Prefix': '/evil',
      Connection: 'close, X-Secret, Host, Content-Length',
      'X-Secret': 'of this hop',
      'Proxy-Authorization': 'Basic x',
      TE: 'trailers',
      'Keep-Alive': '1',
    };
    const { headers } = JSON.parse((await ask('a.example:8080', '/', { headers: lies })).body) as { headers: object };
    expect(headers).toEqual({
      host: 'a.example:8080',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'a.example:8080',
      'x-forwarded-port': '80',
      'x-forwarded-proto': 'http',
      'x-real-ip': '127.0.0.1',
      forwarded: 'for=127.0.0.1;host="a.example:8080";proto=http',
      connection: 'keep-alive',
    });
  });

  it.each([
    ['with a length', { 'content-length': '300000' }],
    ['in chunks', {}],
  ])('goes on with its body %s', async (_, headers) => {
    await edge.serve('web', (req, res) => void req.pipe(res.writeHead(201, 'Made', { 'x-a': ['1', '2'] })));
    edge.route('a.example', 'web');
    const body = Buffer.alloc(300_000, 'x');
    const answer = await ask('a.example', '/', { method: 'POST', headers }, body);
    expect([answer.status, answer.body.length, answer.headers['x-a']]).toEqual([201, 300_000, '1, 2']);
  });

  it('goes to another endpoint where one takes no connection, with its body', async () => {
    const server = await edge.serve('web', (req, res) => void req.pipe(res));
    const closed = createTcpServer();
    await once(closed.listen(0, '127.0.0.1'), 'listening');
    const dead = (closed.address() as AddressInfo).port;
    closed.close();
    await once(closed, 'close');
    edge.service('web', [dead, dead, (server.address() as AddressInfo).port]);
    edge.route('a.example', 'web');
    for (let i = 0; i < 3; i++)
      expect((await ask('a.example', '/', { method: 'POST' }, 'sent once')).body).toBe('sent once');
    expect(edge.traffic.text()).toMatch(/retries_total [1-9]/);
  });

  it('is answered for when its backend is not there, hangs up, or is silent', async () => {
    await edge.serve('rude', (req) => req.socket.destroy());
    await edge.serve('silent', () => undefined);
    edge.route('rude.example', 'rude');
    edge.route('silent.example', 'silent', { 'ingress.ku7s.io/read-timeout-seconds': '0.05' });
    expect((await ask('rude.example')).status).toBe(502);
    expect((await ask('silent.example')).status).toBe(504);
  });

  it('has a bound of its body where its Ingress says so', async () => {
    await edge.serve('web', (req, res) => void req.pipe(res));
    edge.route('a.example', 'web', { 'ingress.ku7s.io/max-body-size': '1Ki' });
    const post = (size: number, headers = {}) => ask('a.example', '/', { method: 'POST', headers }, Buffer.alloc(size));
    expect((await post(1024)).status).toBe(200);
    expect((await post(1025, { 'content-length': '1025' })).status).toBe(413);
  });

  it('is sent to https only where its Ingress asks', async () => {
    await echo('web');
    edge.route('a.example', 'web', { 'ingress.ku7s.io/ssl-redirect': 'true' });
    const { status, headers } = await ask('a.example:80', '/x?y', { method: 'POST' });
    expect([status, headers.location]).toEqual([308, 'https://a.example/x?y']);
  });

  it('reaches what a Service of the type ExternalName stands for', async () => {
    const server = await echo('outside');
    const port = (server.address() as AddressInfo).port;
    for (const externalName of ['outside.example', 'inside.example'])
      edge.informers.put('services', {
        metadata: { name: externalName.split('.')[0]!, namespace: 'default' },
        spec: { type: 'ExternalName', externalName },
      } as never);
    for (const service of ['outside', 'inside'])
      edge.ingress(service, {
        rules: [{ host: `${service}.example`, http: { paths: [pathTo('/', service, 'Prefix', { number: port })] } }],
      });
    expect(nameIn(await ask('outside.example'))).toBe('outside');
    expect(nameIn(await ask('inside.example'))).toBe(503);
  });
});

test('events come one by one, the head before them', async () => {
  let send: (text: string) => void = () => undefined;
  await edge.serve('web', (_, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    send = (text) => res.write(text);
  });
  edge.route('a.example', 'web');
  const asked = request({ port: edge.httpPort, host: '127.0.0.1', headers: { host: 'a.example' } }).end();
  const [res] = (await once(asked, 'response')) as [NodeJS.ReadableStream];
  for (const text of ['data: 1\n\n', 'data: 2\n\n']) {
    send(text);
    expect(String((await once(res, 'data'))[0])).toBe(text);
  }
  asked.destroy();
});

describe('upgrades', () => {
  it('connect WebSockets', async () => {
    const server = await edge.serve('web', () => undefined);
    new WebSocketServer({ server }).on('connection', (socket) =>
      socket.on('message', (data) => socket.send(`heard ${String(data)}`)),
    );
    edge.route('a.example', 'web');
    const socket = new WebSocket(`ws://127.0.0.1:${edge.httpPort}/chat`, 'v1', { headers: { host: 'a.example' } });
    await once(socket, 'open');
    socket.send('hello');
    expect(String((await once(socket, 'message'))[0])).toBe('heard hello');
    socket.close();
    await once(socket, 'close');
  });

  it('connect what else both sides agree on, and give on what a backend says that does not', async () => {
    const server = await edge.serve('web', (_, res) => res.end('no'));
    edge.route('a.example', 'web');
    const head = 'GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n';
    expect(await raw(edge.httpPort, head)).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*connection: close\r\n\r\nno$/);
    server.on('upgrade', (_, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\nfirst ');
      socket.pipe(socket);
    });
    const text = await raw(edge.httpPort, `${head}mine`, (so) => so.endsWith('mine'));
    expect(text).toMatch(/^HTTP\/1.1 101 [^]*upgrade: SPDY\/3.1\r\n\r\nfirst mine$/i);
  });

  it('to HTTP/2 are left unheard', async () => {
    await echo('web');
    edge.route('a.example', 'web');
    const head =
      'GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n';
    const text = await raw(edge.httpPort, head);
    expect(text).toMatch(/^HTTP\/1.1 200 OK/);
    expect(text).not.toMatch(/h2c|http2/i);
  });
});

describe('TLS', () => {
  const names = (socket: TLSSocket): unknown => socket.getPeerCertificate().subject.CN;
  const shown = async (servername?: string): Promise<unknown> => {
    const socket = connectTls({
      port: edge.httpsPort,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ...(servername && { servername }),
    });
    await once(socket, 'secureConnect');
    const name = names(socket);
    socket.destroy();
    return name;
  };
  const secret = async (name: string, host: string): Promise<void> => {
    const { cert, key } = await makeCertificate({ commonName: host }, undefined, [host]);
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    edge.informers.put('secrets', {
      metadata: { name, namespace: 'default' },
      data: { 'tls.crt': base64(cert), 'tls.key': base64(key) },
    } as never);
  };

  it('shows the certificate of the name that is asked for, and the new one when it has changed', async () => {
    await secret('a', 'first');
    await secret('wild', 'wild');
    edge.informers.put('secrets', {
      metadata: { name: 'bad', namespace: 'default' },
      data: { 'tls.crt': 'eA==', 'tls.key': 'eA==' },
    } as never);
    edge.ingress('one', {
      rules: [{ host: 'ruled.example' }],
      tls: [
        { hosts: ['a.example'], secretName: 'a' },
        { hosts: ['*.example'], secretName: 'wild' },
        { hosts: ['bad.test'], secretName: 'bad' },
        { hosts: ['none.test'], secretName: 'none' },
      ],
    });
    expect(await shown('a.example')).toBe('first');
    expect(await shown('A.Example')).toBe('first');
    expect(await shown('b.example')).toBe('wild');
    expect(await shown('c.b.example')).toBe('own');
    expect(await shown('bad.test')).toBe('own');
    expect(await shown('none.test')).toBe('own');
    expect(await shown()).toBe('own');
    await secret('a', 'second');
    expect(await shown('a.example')).toBe('second');
  });

  it('speaks HTTP/2 to clients, with bodies both ways', async () => {
    await edge.serve('web', (req, res) => {
      res.setHeader('x-host', req.headers.host ?? '');
      res.setHeader('x-proto', String(req.headers['x-forwarded-proto']));
      res.setHeader('connection', 'x-hop');
      res.setHeader('x-hop', 'y');
      req.pipe(res);
    });
    edge.route('a.example', 'web');
    const session = connectHttp2(`https://127.0.0.1:${edge.httpsPort}`, {
      rejectUnauthorized: false,
      servername: 'a.example',
    });
    for (const method of ['POST', 'DELETE', 'GET']) {
      const stream = session.request(
        { ':path': '/', ':method': method, ':authority': 'a.example' },
        { endStream: false },
      );
      stream.end('x'.repeat(100_000));
      const [head] = (await once(stream, 'response')) as [Record<string, unknown>];
      let size = 0;
      for await (const chunk of stream) size += (chunk as Buffer).length;
      expect([method, head[':status'], head['x-host'], head['x-proto'], head['x-hop'], size]).toEqual([
        method,
        200,
        'a.example',
        'https',
        undefined,
        100_000,
      ]);
    }
    const stream = session.request({ ':path': '/', ':authority': 'a.example', host: 'b.example' });
    expect(((await once(stream, 'response')) as [Record<string, unknown>])[0][':status']).toBe(400);
    session.close();
  });
});

describe('gRPC', () => {
  it.each([
    ['over TLS', () => `https://127.0.0.1:${edge.httpsPort}`],
    ['without TLS', () => `http://127.0.0.1:${edge.httpPort}`],
  ])('has its trailers and both directions %s', async (_, url) => {
    const server = createHttp2Server();
    server.on('stream', (stream, headers) => {
      if (headers[':path'] === '/fails')
        return stream.respond({ ':status': 200, 'grpc-status': '5' }, { endStream: true });
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'x-te': headers.te ?? '' }));
      stream.pipe(stream);
    });
    await edge.serve('grpc', () => undefined, { server: server as never, appProtocol: 'kubernetes.io/h2c' });
    edge.route('a.example', 'grpc');
    const session = connectHttp2(url(), { rejectUnauthorized: false });
    const stream = session.request({ ':path': '/s/m', ':method': 'POST', ':authority': 'a.example', te: 'trailers' });
    const trailers = once(stream, 'trailers');
    for (const text of ['one', 'two']) {
      stream.write(text);
      expect(String((await once(stream, 'data'))[0])).toBe(text);
    }
    stream.end();
    expect((await trailers)[0]).toMatchObject({ 'grpc-status': '0', 'x-te': 'trailers' });
    const failed = session.request({ ':path': '/fails', ':method': 'POST', ':authority': 'a.example' }).end();
    expect((await once(failed, 'response'))[0]).toMatchObject({ ':status': 200, 'grpc-status': '5' });
    session.destroy();
    server.close();
  });
});
