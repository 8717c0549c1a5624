import { describe, expect, it } from 'vitest';
import { acceptOf, frameOf, MASKED, OP } from '../../../src/rules/websocket/frame.ts';
import { MessageReader, WebSocketError } from '../../../src/rules/websocket/message-reader.ts';
import { Random } from '../../support/random.ts';

/** A frame by its first byte, as a server sends it. */
const frame = (first: number, data: string | Buffer = ''): Buffer => {
  const [head = Buffer.alloc(0), payload = Buffer.alloc(0)] = frameOf(0, Buffer.from(data), false);
  return Buffer.concat([Buffer.from([first]), head.subarray(1), payload]);
};
const many = (count: number, one: Buffer): Buffer => Buffer.concat(Array.from({ length: count }, () => one));

/** What is read, `op:data`, when the bytes come in chunks of these sizes. */
function read(bytes: Buffer, masked = false, size: () => number = () => bytes.length): string[] {
  const reader = new MessageReader(masked);
  const messages: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + Math.max(1, size());
    for (const { op, data } of reader.read(Buffer.from(bytes.subarray(at, end)))) messages.push(`${op}:${data}`);
    at = end;
  }
  return messages;
}
function codeOf(bytes: Buffer, masked = false): number {
  try {
    read(bytes, masked);
  } catch (error) {
    if (error instanceof WebSocketError) return error.code;
    throw error;
  }
  return 0;
}

it('answers a key as RFC 6455, 1.3, has it', () => {
  expect(acceptOf('dGhlIHNhbXBsZSBub25jZQ==')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
});

it.each([0, 1, 125, 126, 65_535, 65_536, 4 * 1024 * 1024])('reads what is written, of %i bytes', (length) => {
  const data = Buffer.alloc(length, 'abc');
  for (const masked of [true, false])
    expect(read(Buffer.concat(frameOf(OP.binary, data, masked)), masked)).toEqual([`2:${data}`]);
});

it('makes the same messages of the same bytes, however they come', () => {
  const random = new Random(7);
  const text = (most: number): Buffer => Buffer.alloc(random.below(most), 'x');
  const all = Buffer.concat(
    Array.from({ length: 200 }, () => [
      frame(0x02, text(70_000)),
      frame(0x00, text(300)),
      frame(0x89, text(125)),
      frame(0x00, text(3)),
      frame(0x80, text(200)),
    ]).flat(),
  );
  const whole = read(all);
  expect(whole).toHaveLength(400);
  for (const most of [100, 1000, 100_000])
    expect(read(all, false, () => random.below(most)).join() === whole.join(), `chunks to ${most}`).toBe(true);
});

it('copies a long frame that comes byte by byte only a few times', () => {
  const data = Buffer.alloc(1024 * 1024, 'x');
  const copied: number[] = [];
  const copy = Buffer.prototype.copy;
  Buffer.prototype.copy = function (this: Buffer, ...args: Parameters<Buffer['copy']>) {
    const bytes = copy.apply(this, args);
    copied.push(bytes);
    return bytes;
  };
  try {
    expect(read(frame(0x82, data), false, () => 16)).toHaveLength(1);
  } finally {
    Buffer.prototype.copy = copy;
  }
  expect(copied.reduce((sum, each) => sum + each, 0)).toBeLessThan(4 * data.length);
});

describe('refuses', () => {
  const long = Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 0x40, 0, 1]);
  it.each<[string, Buffer, number]>([
    ['a frame of more than 4 MiB', long, 1009],
    ['a length that no number can say', Buffer.concat([Buffer.from([0x82, 127]), Buffer.alloc(8, 0xff)]), 1009],
    ['parts of more than 4 MiB', Buffer.concat([frame(0x02), many(65, frame(0x00, Buffer.alloc(65_536)))]), 1009],
    ['empty parts without end', Buffer.concat([frame(0x02), many(5000, frame(0x00))]), 1009],
    ['a long ping', frame(0x89, Buffer.alloc(126)), 1002],
    ['a ping of which the length alone has come', Buffer.from([0x89, 127]), 1002],
    ['a ping in parts', frame(0x09), 1002],
    ['a close in parts', frame(0x08), 1002],
    ['an extension', frame(0xc2), 1002],
    ['kinds that are none', frame(0x83), 1002],
    ['control frames that are none', frame(0x8b), 1002],
    ['what goes on without having begun', frame(0x80), 1002],
    ['a message within another', Buffer.concat([frame(0x02), frame(0x82)]), 1002],
    ['what a server has masked', Buffer.from([0x82, MASKED]), 1002],
  ])('%s', (_, bytes, code) => expect(codeOf(bytes)).toBe(code));

  it('what a client has not masked', () => expect(codeOf(frame(0x82), true)).toBe(1002));
});
