import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OpenConnection, Target } from '../../../src/api/contract.ts';
import { NodeWebSocket } from '../../../src/api/streams/node-web-socket.ts';

const PROTOCOL = 'v5.channel.k8s.io';
let say: (socket: Duplex) => void = () => undefined;
const server = http.createServer().on('upgrade', ({ headers }, socket) => {
  const key = `${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  socket.write(
    [
      'HTTP/1.1 101 Switching Protocols',
      'Connection: Upgrade',
      'Upgrade: websocket',
      `Sec-WebSocket-Accept: ${createHash('sha1').update(key).digest('base64')}`,
      `Sec-WebSocket-Protocol: ${PROTOCOL}`,
      '\r\n',
    ].join('\r\n'),
  );
  socket.on('error', () => undefined);
  say(socket);
});
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => void server.close());

/** What a node that says this is heard to say. */
async function heard(frames: Buffer): Promise<string[]> {
  say = (socket) => socket.write(frames);
  const { port } = server.address() as AddressInfo;
  const dialer = {
    request: (_: unknown, method: string, headers: http.OutgoingHttpHeaders) =>
      http.request({ host: '127.0.0.1', port, method, headers }),
  };
  const socket = await NodeWebSocket.open(dialer, {} as OpenConnection, PROTOCOL, {} as Target, () => undefined);
  const messages: string[] = [];
  try {
    for await (const message of socket.messages()) messages.push(message.toString());
  } finally {
    socket.destroy();
  }
  return messages;
}

const frame = (first: number, text = ''): Buffer =>
  Buffer.concat([Buffer.from([first, text.length]), Buffer.from(text)]);
const CLOSE = frame(0x88);

test('messages come whole, with pings between their parts', async () => {
  expect(await heard(Buffer.concat([frame(0x02, 'a'), frame(0x89, 'p'), frame(0x80, 'b'), CLOSE]))).toEqual(['ab']);
});

test('a message of parts without end is refused, though they are empty', async () => {
  const parts = Array.from({ length: 5000 }, () => frame(0x00));
  await expect(heard(Buffer.concat([frame(0x02, 'a'), ...parts]))).rejects.toThrow('a message is too long');
});

test('a long ping is refused', async () => {
  const ping = Buffer.concat([Buffer.from([0x89, 126, 1, 0]), Buffer.alloc(256)]);
  await expect(heard(Buffer.concat([ping, CLOSE]))).rejects.toThrow('a control frame is too long');
});
