import { badRequest } from '../../meta/status.ts';
import { decodeProtobuf, type Decoded } from './envelope.ts';
import { Reader, truncated } from './reader.ts';
import { block, fields } from './value.ts';
import { Writer } from './writer.ts';

/** A frame longer than this is refused by the client side, as in client-go's framer. */
const MAX_FRAME = 16 * 1024 * 1024;

/**
 * One event of a protobuf watch stream: four bytes of length, then meta/v1 WatchEvent without envelope, whose object
 * is an enveloped object (`encodeProtobuf`, made once per event and shared by all watchers).
 */
export function encodeWatchFrame(type: string, object: Uint8Array): Buffer {
  const writer = new Writer();
  block(writer, () => {
    writer.block(object);
    writer.varint(0x0a);
  });
  writer.varint(0x12);
  writer.string(type);
  writer.varint(0x0a);
  const { size } = writer;
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(size);
  writer.raw(length);
  return writer.finish();
}

/** Reads the frame at the start of `bytes`; undefined while it is not complete. `size` is how many bytes it took. */
export function decodeWatchFrame(bytes: Buffer): { type: string; object: Decoded; size: number } | undefined {
  if (bytes.length < 4) return undefined;
  const length = bytes.readUInt32BE(0);
  if (length > MAX_FRAME) throw badRequest(`frame of ${length} bytes is too long`);
  if (bytes.length < 4 + length) return undefined;
  const reader = new Reader(bytes.subarray(4, 4 + length));
  let type = '';
  let raw: Buffer | undefined;
  fields(reader, (number, wireType) => {
    if (wireType !== 2 || number > 2) return false;
    if (number === 1) type = reader.string();
    else {
      reader.nested(() =>
        fields(reader, (inner, innerType) => {
          if (inner !== 1 || innerType !== 2) return false;
          raw = reader.data();
          return true;
        }),
      );
    }
    return true;
  });
  if (!raw) throw truncated();
  return { type, object: decodeProtobuf(raw), size: 4 + length };
}
