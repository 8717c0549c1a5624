import { connect as connectTls } from 'node:tls';
import { connect as connectHttp2, constants } from 'node:http2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestServer, TOKEN } from './support.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.open();
});
afterAll(() => server.close());

const NAMES = '/api/v1/namespaces/t/configmaps';
const HOST = `Host: a\r\nAuthorization: Bearer ${TOKEN}\r\n`;
/** what somebody hides behind the first request */
const HIDDEN = `DELETE ${NAMES} HTTP/1.1\r\n${HOST}\r\n`;

/** Status codes of all that is answered until the server closes the connection. */
const codesOf = (bytes: string): Promise<number[]> =>
  new Promise((resolve, reject) => {
    const options = { port: server.port, host: '127.0.0.1', ca: server.ca.cert, ALPNProtocols: ['http/1.1'] };
    const socket = connectTls(options, () => socket.write(bytes, 'latin1'));
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.on('close', () => resolve([...text.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, code]) => Number(code))));
    socket.on('error', reject);
  });
const post = (head: string, body: string): string => `POST ${NAMES} HTTP/1.1\r\n${HOST}${head}\r\n${body}${HIDDEN}`;
const get = (head: string): string => `GET /version HTTP/1.1\r\n${HOST}${head}\r\n`;
const UPGRADE = 'Connection: Upgrade\r\nUpgrade: SPDY/3.1\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const NONE = '0\r\n\r\n';

describe('a head in which two servers might see two requests is answered alone, and the connection closed', () => {
  it.each([
    ['both lengths', post(`Content-Length: 5\r\n${CHUNKED}`, NONE), 400],
    ['both lengths, the other way', post(`${CHUNKED}Content-Length: 5\r\n`, NONE), 400],
    ['a length twice', post('Content-Length: 2\r\nContent-Length: 2\r\n', '{}'), 400],
    ['two lengths', post('Content-Length: 2\r\nContent-Length: 3\r\n', '{}'), 400],
    ['a list of lengths', post('Content-Length: 2, 2\r\n', '{}'), 400],
    ['a signed length', post('Content-Length: +2\r\n', '{}'), 400],
    ['a negative length', post('Content-Length: -2\r\n', '{}'), 400],
    ['a hexadecimal length', post('Content-Length: 0x2\r\n', '{}'), 400],
    ['an empty length', post('Content-Length: \r\n', '{}'), 400],
    ['a space before the colon', post('Content-Length : 2\r\n', '{}'), 400],
    ['a coding twice', post(`${CHUNKED}${CHUNKED}`, NONE), 400],
    ['chunks that are not last', post('Transfer-Encoding: chunked, identity\r\n', NONE), 400],
    ['no coding', post('Transfer-Encoding: identity\r\n', ''), 501],
    ['a coding that is none', post('Transfer-Encoding: xchunked\r\n', NONE), 501],
    ['a coding behind a strange space', post('Transfer-Encoding: \x0bchunked\r\n', NONE), 400],
    ['another coding', post('Transfer-Encoding: gzip, chunked\r\n', NONE), 501],
    ['a coding of HTTP/1.0', post(CHUNKED, NONE).replace('HTTP/1.1', 'HTTP/1.0'), 400],
    ['a folded line', get('X-A: b\r\n c\r\n'), 400],
    ['a line folded by a tab', get('X-A: b\r\n\tc\r\n'), 400],
    ['a folded coding', post('Transfer-Encoding:\r\n chunked\r\n', NONE), 400],
    ['a first line that is folded', `GET /version HTTP/1.1\r\n ${HOST}\r\n`, 400],
    ['bare line feeds', get('').replaceAll('\r', ''), 400],
    ['one bare line feed', get('X-A: b\nX-B: c\r\n'), 400],
    ['a bare carriage return', get('X-A: b\rX-B: c\r\n'), 400],
    ['a zero byte', get('X-A: b\0c\r\n'), 400],
    ['a header without a name', get(': b\r\n'), 400],
    ['no host', get('').replace('Host: a\r\n', ''), 400],
    ['two hosts', get('Host: b\r\n'), 400],
    ['a host that is none', get('').replace('Host: a', 'Host: a b'), 400],
    ['chunks with bare line feeds', post(CHUNKED, `2\n{}\r\n${NONE}`), 400],
    ['a negative chunk', post(CHUNKED, `-2\r\n{}\r\n${NONE}`), 400],
    ['a chunk whose size is no number', post(CHUNKED, `0x2\r\n{}\r\n${NONE}`), 400],
    ['a chunk beyond all sizes', post(CHUNKED, `10000000000000002\r\n{}\r\n${NONE}`), 400],
    ['an upgrade with a body', post(`${UPGRADE}Content-Length: 2\r\n`, '{}'), 400],
    ['an upgrade with a body in chunks', post(`${UPGRADE}${CHUNKED}`, NONE), 400],
    ['HTTP/0.9', 'GET /version\r\n\r\n', 400],
    ['HTTP/2 without its preface', get('').replace('HTTP/1.1', 'HTTP/2.0'), 505],
  ])('%s', async (_, bytes, code) => expect(await codesOf(bytes)).toEqual([code]));

  it('after the answers that are owed', async () => {
    expect(await codesOf(get('') + get('Host: b\r\n') + HIDDEN)).toEqual([200, 400]);
  });
});

describe('a head', () => {
  const last = 'Connection: close\r\n';
  it.each([
    ['of nearly a megabyte is read', get(`X-A: ${'a'.repeat(1_000_000)}\r\n${last}`), 200],
    ['of more is not', get(`X-A: ${'a'.repeat(1_100_000)}\r\n`), 431],
    ['of many lines is read', get('A: b\r\n'.repeat(1500) + last), 200],
    ['of too many is not: none of them is dropped', get('A: b\r\n'.repeat(2000)), 431],
    ['of many lines without anything in them is not', get('A:\r\n'.repeat(200_000)), 431],
  ])('%s', async (_, bytes, code) => expect(await codesOf(bytes)).toEqual([code]));

  it('of HTTP/2 may be as long as its frames, and have as many lines', async () => {
    const session = connectHttp2(server.url, { ca: server.ca.cert, maxSendHeaderBlockLength: 2 ** 20 });
    const headers = Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`x-${i}`, 'a'.repeat(40)]));
    const stream = session.request({ ':path': '/version', ...headers });
    const status = await new Promise((resolve, reject) => {
      stream.on('response', (answer) => resolve(answer[constants.HTTP2_HEADER_STATUS]));
      stream.on('error', reject);
    });
    expect(status).toBe(200);
    session.destroy();
  });
});

describe('TLS', () => {
  const tls = (options: object) =>
    new Promise<string>((resolve) => {
      const socket = connectTls({ port: server.port, host: '127.0.0.1', ca: server.ca.cert, ...options }, () => {
        resolve(`${socket.getProtocol()} ${socket.getCipher().name}`);
        socket.destroy();
      });
      socket.on('error', () => resolve('refused'));
    });
  const of12 = (ciphers: string) => ({ maxVersion: 'TLSv1.2', ciphers: `${ciphers}@SECLEVEL=0` });
  it.each([
    [{}, 'TLSv1.3 TLS_AES_128_GCM_SHA256'],
    [of12('ALL'), 'TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256'],
    [of12('ECDHE-ECDSA-CHACHA20-POLY1305'), 'TLSv1.2 ECDHE-ECDSA-CHACHA20-POLY1305'],
    [of12('ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:ECDHE-ECDSA-AES128-SHA256'), 'refused'],
    [of12('AES128-GCM-SHA256:AES256-SHA'), 'refused'],
    [{ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' }, 'refused'],
  ])('%j is %s', async (options, answer) => expect(await tls(options)).toBe(answer));
});
