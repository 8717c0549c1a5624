import { block } from './value.ts';
import { Writer } from './writer.ts';

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
