import { describe, expect, it } from 'vitest';
import { spdyFrames, webSocketFrames, type Frames } from '../../src/rest/streams/frames.ts';

/** One frame of each length of head. @param first FIN and opcode */
function webSocketFrame(first: number, length: number): Buffer {
  const head =
    length < 126
      ? Buffer.from([first, length])
      : length < 0x10000
        ? Buffer.from([first, 126, length >> 8, length & 0xff])
        : Buffer.concat([Buffer.from([first, 127, 0, 0, 0, 0]), uint32(length)]);
  return Buffer.concat([head, Buffer.alloc(length, 0x81)]);
}
function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
function spdyFrame(first: number, length: number): Buffer {
  return Buffer.concat([Buffer.from([first, 3, 0, 1, 0]), uint32(length).subarray(1), Buffer.alloc(length, 0x80)]);
}

const [BINARY, PART, REST, LAST_REST, PING] = [0x82, 0x02, 0x00, 0x80, 0x89];
const kinds: [string, () => Frames, Buffer[]][] = [
  [
    'web socket',
    webSocketFrames,
    [0, 1, 125, 126, 127, 0xffff, 0x10000].map((length) => webSocketFrame(BINARY, length)),
  ],
  ['SPDY', spdyFrames, [0, 1, 255, 256, 0x10000].flatMap((n) => [spdyFrame(0x80, n), spdyFrame(0, n)])],
  [
    'web socket, of messages in parts',
    webSocketFrames,
    [
      Buffer.concat([
        webSocketFrame(PART, 300),
        webSocketFrame(PING, 3),
        webSocketFrame(REST, 0),
        webSocketFrame(LAST_REST, 9),
      ]),
      webSocketFrame(PING, 0),
    ],
  ],
];

describe.each(kinds)('frames of a %s', (_, make, messages) => {
  const all = Buffer.concat(messages);
  const ends = messages.map((_, i) => messages.slice(0, i + 1).reduce((sum, { length }) => sum + length, 0));

  it.each([1, 2, 3, 7, 1000, all.length])('end where messages do, in chunks of %i', (size) => {
    const frames = make();
    const seen: number[] = [];
    expect(frames.between).toBe(true);
    for (let at = 0; at < all.length; at += size) {
      const chunk = all.subarray(at, at + size);
      expect(frames.follow(chunk)).toBe(chunk.length);
      if (frames.between) seen.push(at + chunk.length);
    }
    expect(seen).toEqual(ends.filter((end) => end % size === 0 || end === all.length));
  });

  it('are followed to the end of the message, and no further', () => {
    for (const start of [1, 2, 5]) {
      const frames = make();
      if (start >= ends[0]!) continue;
      frames.follow(all.subarray(0, start));
      expect(start + frames.follow(all.subarray(start), true)).toBe(ends[0]);
    }
  });
});
