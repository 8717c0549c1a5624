import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestServer } from './support.ts';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.open();
});
afterAll(() => server.close());

/** All that the server answers to bytes that are sent to the end, whatever it thinks of them. */
const answerTo = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false });
    let answer = '';
    socket.on('secureConnect', () => socket.write(text));
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });

test.each([
  [
    'a head that is too large',
    `GET /?${'x'.repeat(8_000_000)} HTTP/1.1\r\nhost: a\r\n\r\n`,
    '431 Request Header Fields',
  ],
  ['what is no request', `${'nonsense '.repeat(1000)}\r\n\r\n`, '400 Bad Request'],
  ['a head with two lengths', 'POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n', '400 Bad Request'],
])('%s gets its answer, and then the connection is closed', async (_, text, answer) => {
  expect(await answerTo(text)).toMatch(new RegExp(`^HTTP/1.1 ${answer}[^]*Connection: close[^]*\r\n\r\n${answer}`));
});
