import { decodeProtobuf, type Decoded } from '../../src/kinds/protobuf/envelope.ts';
import { Reader, truncated } from '../../src/kinds/protobuf/reader.ts';
import { fields } from '../../src/kinds/protobuf/value.ts';

/** Reads the frame at the start of `bytes`; undefined while it is not complete. `size` is how many bytes it took. */
export function decodeWatchFrame(bytes: Buffer): { type: string; object: Decoded; size: number } | undefined {
  if (bytes.length < 4) return undefined;
  const length = bytes.readUInt32BE(0);
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
