import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DICTIONARY } from '../../../../src/nodes/streams/spdy/dictionary.ts';
import { HeaderReader, HeaderWriter, uint32 } from '../../../../src/nodes/streams/spdy/headers.ts';

/** A block as a writer would make it, of any bytes: stored in a zlib stream of its own. */
function block(data: Buffer): Buffer {
  const written = new HeaderWriter().write({});
  const stored = Buffer.alloc(5);
  stored.writeUInt16LE(data.length, 1);
  stored.writeUInt16LE(~data.length & 0xffff, 3);
  // The stream's header and its dictionary's checksum take the first six bytes.
  return Buffer.concat([written.subarray(0, 6), stored, data, Buffer.from([0, 0, 0, 0xff, 0xff])]);
}

const word = (text: string) => Buffer.concat([uint32(text.length), Buffer.from(text)]);

describe('header blocks', () => {
  it('of one connection are read one after the other', async () => {
    const writer = new HeaderWriter();
    const reader = new HeaderReader();
    for (const headers of [{ streamtype: 'stdin' }, {}, { streamtype: 'error', port: '80' }]) {
      expect(await reader.read(writer.write(headers))).toEqual(headers);
    }
    reader.close();
  });

  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['no zlib stream', Buffer.from('hello, this is no header block')],
    ['an empty block', block(Buffer.alloc(0))],
    ['a count cut short', block(Buffer.from([0, 0]))],
    ['fewer headers than it says', block(Buffer.concat([uint32(2), word('a'), word('b')]))],
    ['as many headers as a number can say', block(uint32(0xffff_ffff))],
    ['a name longer than the block', block(Buffer.concat([uint32(1), uint32(1000), Buffer.from('a')]))],
    ['a value longer than the block', block(Buffer.concat([uint32(1), word('a'), uint32(2), Buffer.from('b')]))],
    ['more than a block may unpack to', deflateSync(Buffer.alloc(70_000), { dictionary: DICTIONARY })],
  ])('with %s are refused to whoever reads them', async (_, bytes) => {
    const reader = new HeaderReader();
    await expect(reader.read(bytes)).rejects.toThrow();
    reader.close();
  });

  it('that are read while the connection closes are refused', async () => {
    const reader = new HeaderReader();
    const reading = reader.read(new HeaderWriter().write({ a: 'b' }));
    reader.close();
    await expect(reading).rejects.toThrow();
    await expect(reader.read(Buffer.alloc(4))).rejects.toThrow();
  });
});
