import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestEdge, raw } from './support.ts';

/** What could make a backend see another request than the proxy has seen, and what becomes of it. */
describe('a head that two servers could read differently', () => {
  let edge: TestEdge;
  const seen: string[] = [];
  beforeAll(async () => {
    edge = await TestEdge.start();
    const server = createServer((req, res) => {
      seen.push(`${req.method} ${req.url} ${req.headers.host}`);
      req.resume().on('end', () => res.end('seen'));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    edge.service('web', [(server.address() as AddressInfo).port]);
    edge.route('a.example', 'web');
  });
  afterAll(() => edge.close());

  const HOST = 'Host: a.example\r\n';
  const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n';
  it.each([
    [
      'a length and chunks',
      `POST / HTTP/1.1\r\n${HOST}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
      400,
    ],
    [
      'chunks and a length',
      `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n${SMUGGLED}`,
      400,
    ],
    ['two lengths', `POST / HTTP/1.1\r\n${HOST}Content-Length: 0\r\nContent-Length: 44\r\n\r\n${SMUGGLED}`, 400],
    ['a signed length', `POST / HTTP/1.1\r\n${HOST}Content-Length: +44\r\n\r\n${SMUGGLED}`, 400],
    ['a list of lengths', `POST / HTTP/1.1\r\n${HOST}Content-Length: 44, 44\r\n\r\n${SMUGGLED}`, 400],
    ['an unknown coding', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: xchunked\r\n\r\n${SMUGGLED}`, 501],
    ['a coding before chunks', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, 501],
    [
      'chunks twice',
      `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ['a space before the colon', `POST / HTTP/1.1\r\n${HOST}Content-Length : 44\r\n\r\n${SMUGGLED}`, 400],
    ['a folded header', `POST / HTTP/1.1\r\n${HOST}X: a\r\n Transfer-Encoding: chunked\r\n\r\n`, 400],
    ['a bare line feed after a header', `GET / HTTP/1.1\r\n${HOST}X: a\nTransfer-Encoding: chunked\r\n\r\n`, 400],
    ['a bare carriage return in a header', `GET / HTTP/1.1\r\n${HOST}X: a\rTransfer-Encoding: chunked\r\n\r\n`, 400],
    ['a NUL in a header', `GET / HTTP/1.1\r\n${HOST}X: a\0b\r\n\r\n`, 400],
    ['bad chunks', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n${SMUGGLED}`, 400],
    [
      'a chunk with a bare line feed',
      `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\n\n${SMUGGLED}`,
      400,
    ],
    ['two hosts', `GET / HTTP/1.1\r\n${HOST}Host: b.example\r\n\r\n`, 400],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['a host with a path', 'GET / HTTP/1.1\r\nHost: a.example/x\r\n\r\n', 400],
    ['a host with a user', 'GET / HTTP/1.1\r\nHost: x@a.example\r\n\r\n', 400],
    ['two hosts in one', 'GET / HTTP/1.1\r\nHost: a.example, b.example\r\n\r\n', 400],
    ['another host in the target', `GET http://b.example/ HTTP/1.1\r\n${HOST}\r\n`, 400],
    ['a user in the target', `GET http://x@a.example/ HTTP/1.1\r\n${HOST}\r\n`, 400],
    ['another scheme in the target', `GET file://a.example/ HTTP/1.1\r\n${HOST}\r\n`, 400],
    ['a target without a slash', `GET @b.example/ HTTP/1.1\r\n${HOST}\r\n`, 400],
    ['a fragment', `GET /#x HTTP/1.1\r\n${HOST}\r\n`, 400],
    ['a broken escape', `GET /%zz HTTP/1.1\r\n${HOST}\r\n`, 400],
    ['a NUL in the path', `GET /a%00b HTTP/1.1\r\n${HOST}\r\n`, 400],
    ['the asterisk', `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, 400],
    ['TRACE', `TRACE / HTTP/1.1\r\n${HOST}\r\n`, 405],
    ['HTTP/0.9', 'GET /\r\n\r\n', 400],
    ['HTTP/2 by its name', `GET / HTTP/2.0\r\n${HOST}\r\n`, 505],
    [
      'an upgrade with a body',
      `POST / HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 44\r\n\r\n${SMUGGLED}`,
      400,
    ],
    ['a head without end', `GET / HTTP/1.1\r\n${HOST}X: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
  ])('%s', async (_, bytes, status) => {
    seen.length = 0;
    const text = await raw(edge.httpPort, bytes);
    // Node's parser answers some of them by their general name
    expect([status, 400]).toContain(Number(/^HTTP\/1.1 (\d+)/.exec(text)?.[1]));
    expect(text.match(/HTTP\/1.1 \d+/g)).toHaveLength(1);
    expect(seen).toEqual([]);
  });

  it.each([
    ['absolute form', `GET http://a.example/x?y HTTP/1.1\r\n${HOST}\r\n`, 'GET /x?y a.example'],
    ['absolute form without a path', `GET http://a.example HTTP/1.1\r\n${HOST}\r\n`, 'GET / a.example'],
    ['dots', `GET /public/..%2f../../%2e%2e/admin HTTP/1.1\r\n${HOST}\r\n`, 'GET /admin a.example'],
  ])('%s is sent on in one form', async (_, bytes, request) => {
    seen.length = 0;
    await raw(edge.httpPort, bytes, (text) => text.includes('seen'));
    expect(seen).toEqual([request]);
  });
});
