import { Duplex, PassThrough } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { acceptWebSocket } from '../../../src/nodes/streams/websocket.ts';
import { frameOf, OP } from '../../../src/rules/websocket/frame.ts';

/** A server's end, what the client says to it, and what it has heard and answered. */
function open(head: Buffer = Buffer.alloc(0), mark = 16 * 1024) {
  const input = new PassThrough();
  const output = new PassThrough({ readableHighWaterMark: mark, writableHighWaterMark: mark });
  const socket = Duplex.from({ readable: input, writable: output }) as Duplex;
  const connection = acceptWebSocket({ headers: { 'sec-websocket-key': 'k' } } as IncomingMessage, socket, head, 'p');
  const heard: string[] = [];
  connection.on('message', (data: Buffer) => heard.push(data.toString()));
  const closed = new Promise<void>((resolve) => connection.once('close', resolve));
  return { input, output, heard, closed };
}
const said = (op: number, data: string): Buffer => Buffer.concat(frameOf(op, Buffer.from(data), true));

it('hears what came with the handshake first', async () => {
  const { input, heard, closed } = open(said(OP.binary, 'a'));
  input.write(said(OP.binary, 'b'));
  input.write(said(OP.close, ''));
  await closed;
  expect(heard).toEqual(['a', 'b']);
});

it.each([
  ['what is not masked', Buffer.concat(frameOf(OP.binary, Buffer.from('a'), false)), 1002],
  ['a message that is too long', Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0xff, 0, 0, 0]), 1009],
])('closes the connection for %s', async (_, bytes, code) => {
  const { input, output, heard, closed } = open();
  input.write(bytes);
  await closed;
  const answered = Buffer.concat(await output.toArray());
  expect(heard).toEqual([]);
  expect(answered.subarray(-4)).toEqual(Buffer.from([0x88, 2, code >> 8, code & 0xff]));
});

it('does not keep answers for a client that does not read them', async () => {
  const { input, output, closed } = open();
  for (let i = 0; i < 10_000; i++) input.write(said(OP.ping, 'x'.repeat(125)));
  input.write(said(OP.close, ''));
  await closed;
  expect(Buffer.concat(await output.toArray()).length).toBeLessThan(10_000 * 125 * 0.1);
});
