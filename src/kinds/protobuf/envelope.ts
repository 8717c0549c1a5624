import { badRequest, notAcceptable } from '../../meta/status.ts';
import { messageOf } from './facts.ts';
import { message } from './message.ts';
import { Reader } from './reader.ts';
import { block, fields } from './value.ts';
import { Writer } from './writer.ts';

export const PROTOBUF = 'application/vnd.kubernetes.protobuf';

const MAGIC = Buffer.from([0x6b, 0x38, 0x73, 0x00]);

/** Whether a kind has a protobuf form; custom kinds and Table have none. */
export const hasProtobuf = (apiVersion: string, kind: string): boolean => messageOf(apiVersion, kind) !== undefined;

/**
 * An object, list, Status or options as `k8s\0` and runtime.Unknown, byte for byte as kube-apiserver writes it.
 * The object must be of the kind's JSON form; its own apiVersion and kind do not count. Throws 406 for a kind without
 * protobuf form. Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
 */
export function encodeProtobuf(apiVersion: string, kind: string, object: object): Buffer {
  const index = messageOf(apiVersion, kind);
  if (index === undefined) {
    const why = 'does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message';
    throw notAcceptable(`object of kind ${JSON.stringify(kind)} ${why}`);
  }
  const writer = new Writer();
  writer.varint(0);
  writer.varint(0x22); // contentType
  writer.varint(0);
  writer.varint(0x1a); // contentEncoding
  block(writer, () => message(index).write(writer, object as Record<string, unknown>));
  writer.varint(0x12); // raw
  block(writer, () => {
    writer.string(kind);
    writer.varint(0x12);
    writer.string(apiVersion);
    writer.varint(0x0a);
  });
  writer.varint(0x0a); // typeMeta
  writer.raw(MAGIC);
  return writer.finish();
}

export interface Decoded {
  apiVersion: string;
  kind: string;
  /** the JSON form, with kind and apiVersion, as Go's types would marshal it */
  object: Record<string, unknown>;
}

/**
 * Reads what `encodeProtobuf` writes, from any client. `fallback` is the kind where the envelope names none.
 * Throws 400 for anything that is not such a message. Nothing is allocated that the bytes do not account for.
 */
export function decodeProtobuf(
  bytes: Buffer,
  fallback: { apiVersion: string; kind: string } = { apiVersion: '', kind: '' },
): Decoded {
  if (!bytes.subarray(0, 4).equals(MAGIC)) {
    throw badRequest('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  }
  const { apiVersion, kind, raw } = readUnknown(new Reader(bytes.subarray(4)), fallback);
  const index = messageOf(apiVersion, kind);
  if (index === undefined) {
    throw badRequest(
      kind === ''
        ? "Object 'Kind' is missing in the protobuf envelope"
        : `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`,
    );
  }
  return { apiVersion, kind, object: { kind, apiVersion, ...message(index).read(new Reader(raw)) } };
}

const NOTHING = Buffer.alloc(0);

function readUnknown(
  reader: Reader,
  fallback: { apiVersion: string; kind: string },
): { apiVersion: string; kind: string; raw: Buffer } {
  let { apiVersion, kind } = fallback;
  let raw: Buffer = NOTHING;
  fields(reader, (number, wireType) => {
    if (wireType !== 2 || number > 2) return false;
    if (number === 2) raw = reader.data();
    else {
      reader.nested(() =>
        fields(reader, (meta, type) => {
          if (type !== 2 || meta > 2) return false;
          const value = reader.string();
          if (value && meta === 1) apiVersion = value;
          else if (value) kind = value;
          return true;
        }),
      );
    }
    return true;
  });
  return { apiVersion, kind, raw };
}
