import { request } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { answerTo, endWithin, textFor } from '../../../src/rules/http/answer-to.ts';

let server: Server | undefined;
const sockets = new Set<Socket>();
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server?.close();
});

/** A request to a server that says this, byte by byte as it is, once it is asked. */
async function asking(say: (socket: Socket) => void) {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('data', () => say(socket));
  });
  await new Promise<void>((listening) => server?.listen(0, '127.0.0.1', listening));
  return request({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, agent: false });
}
const tooLarge = (): Error => new Error('too large');

it('is an answer of any code, whole', async () => {
  const asked = await asking((socket) =>
    socket.end('HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nnone'),
  );
  expect(await answerTo(asked, 10, tooLarge)).toEqual({
    code: 404,
    body: Buffer.from('none'),
    contentType: 'text/plain',
  });
});

it.each<[string, (socket: Socket) => void, string]>([
  [
    'a switch of protocols that nobody asked for',
    (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
    'closed without an answer',
  ],
  ['no answer', (socket) => socket.end(), 'socket hang up'],
  ['no HTTP', (socket) => socket.end('SSH-2.0-x\r\n'), 'Parse Error'],
  ['a larger answer', (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n12345678901'), 'too large'],
  [
    'heads without end that are not the last one',
    (socket) => socket.write('HTTP/1.1 100 Continue\r\n\r\n'.repeat(6)),
    'too many 1xx informational responses',
  ],
  ['half of an answer', (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1234'), 'aborted'],
])('is none where the other side sends %s', async (_, say, why) => {
  await expect(answerTo(await asking(say), 10, tooLarge)).rejects.toThrow(why);
});

it.each<[string, (socket: Socket) => void]>([
  ['nothing', () => undefined],
  ['a head without an end', (socket) => socket.write('HTTP/1.1 200 OK\r\nA: b')],
  ['heads that are not the last one', (socket) => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(5))],
  ['a body without an end', (socket) => socket.write('HTTP/1.1 200 OK\r\n\r\n1')],
])('is late where the other side says %s', async (_, say) => {
  const asked = await asking(say);
  endWithin(asked, 50, () => new Error('late'));
  await expect(answerTo(asked, 10, tooLarge)).rejects.toThrow('late');
});

it('is a text with 200 only', async () => {
  const good = await asking((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\ntext'));
  expect(await textFor(good, 1000, 10)).toBe('text');
  const bad = await asking((socket) => socket.end('HTTP/1.1 204 No Content\r\n\r\n'));
  await expect(textFor(bad, 1000, 10)).rejects.toThrow('it answers 204');
});
