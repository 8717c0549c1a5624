import type { ListAnswer } from '../../api/contract.ts';
import { encodeProtobuf } from '../../kinds/protobuf/envelope.ts';
import { apiVersionOf } from '../../meta/gvk.ts';
import { notAcceptable } from '../../meta/status.ts';
import type { Stored } from '../../store/contract.ts';
import { listMeta } from './list-meta.ts';
import { protobufBytes } from './object.ts';
import { partialMetadata, partialObject } from './partial.ts';

const MAGIC = Buffer.from('k8s\0', 'latin1');
const RAW = 0x12;
const NOTHING = Buffer.alloc(0);
/** contentEncoding and contentType, both empty */
const TAIL = Buffer.from([0x1a, 0, 0x22, 0]);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  while (value > 0x7f) {
    bytes.push((value % 128) | 0x80);
    value = Math.floor(value / 128);
  }
  bytes.push(value);
  return Buffer.from(bytes);
}

function readVarint(bytes: Buffer, at: number): [value: number, next: number] {
  let value = 0;
  let scale = 1;
  for (;;) {
    // beyond the end, where no envelope has a number, it ends
    const byte = bytes[at++] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return [value, at];
    scale *= 128;
  }
}

/** The message within an envelope: `k8s\0`, then field 1 (type), then field 2 (the message). */
function messageWithin(envelope: Buffer): { type: Buffer; message: Buffer } {
  const [typeLength, typeStart] = readVarint(envelope, MAGIC.length + 1);
  const typeEnd = typeStart + typeLength;
  const [length, start] = readVarint(envelope, typeEnd + 1);
  return { type: envelope.subarray(MAGIC.length, typeEnd), message: envelope.subarray(start, start + length) };
}

/**
 * An enveloped list put together from its items' messages, each of which is made once per revision. Its length stands
 * before it, so the first pieces are empty: one for each message that is made.
 */
export function* protobufListPieces(list: ListAnswer, partial: 'v1' | 'v1beta1' | undefined): Generator<Buffer> {
  if (list.kind.custom && !partial) throw notAcceptable('custom resources have no protobuf form');
  const apiVersion = partial ? `meta.k8s.io/${partial}` : apiVersionOf(list.kind);
  const itemOf = (item: Stored): Buffer => {
    if (!partial) return protobufBytes(list.kind, item);
    return item.encoded(`protobuf metadata ${partial}`, () =>
      encodeProtobuf(
        apiVersion,
        'PartialObjectMetadata',
        partialObject(partialMetadata(list.kind, item.object.metadata), partial),
      ),
    );
  };
  const head = messageWithin(
    encodeProtobuf(apiVersion, partial ? 'PartialObjectMetadataList' : list.kind.listKind, {
      metadata: listMeta(list),
      items: [],
    }),
  );
  const parts: Buffer[] = [];
  let size = head.message.length;
  for (const item of list.items) {
    const { message } = messageWithin(itemOf(item));
    const prefix = Buffer.concat([Buffer.from([RAW]), varint(message.length)]);
    parts.push(prefix, message);
    size += prefix.length + message.length;
    yield NOTHING;
  }
  yield Buffer.concat([MAGIC, head.type, Buffer.from([RAW]), varint(size), head.message]);
  yield* parts;
  yield TAIL;
}
