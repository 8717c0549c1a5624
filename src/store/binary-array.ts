/**
 * Array parameters in Postgres' binary format (src/backend/utils/adt/arrayfuncs.c, array_recv): node-postgres writes
 * arrays as text, where a body would have to be quoted, and unquoted again. Elements: length as int32 (-1 for NULL), then the value.
 */
const OID = { bytea: 17, bigint: 20, text: 25 } as const;
const HEAD = 20;

function head(buffer: Buffer, oid: number, count: number): number {
  buffer.writeInt32BE(count ? 1 : 0, 0);
  buffer.writeInt32BE(1, 4);
  buffer.writeInt32BE(oid, 8);
  if (!count) return 12;
  buffer.writeInt32BE(count, 12);
  buffer.writeInt32BE(1, 16);
  return HEAD;
}

/** Buffers are UTF-8 already: a body goes as it is. */
export const textArray = (values: readonly (string | Buffer | null)[]): Buffer => sizedArray(OID.text, values);
/** What is no text. */
export const byteaArray = (values: readonly Buffer[]): Buffer => sizedArray(OID.bytea, values);

function sizedArray(oid: number, values: readonly (string | Buffer | null)[]): Buffer {
  let size = HEAD;
  for (const value of values) size += 4 + (value === null ? 0 : Buffer.byteLength(value));
  const buffer = Buffer.allocUnsafe(size);
  let at = head(buffer, oid, values.length);
  for (const value of values) {
    const length =
      value === null ? -1 : typeof value === 'string' ? buffer.write(value, at + 4) : value.copy(buffer, at + 4);
    buffer.writeInt32BE(length, at);
    at += 4 + Math.max(length, 0);
  }
  return buffer.subarray(0, at);
}

export function bigintArray(values: readonly (number | null)[]): Buffer {
  const buffer = Buffer.allocUnsafe(HEAD + values.length * 12);
  let at = head(buffer, OID.bigint, values.length);
  for (const value of values) {
    buffer.writeInt32BE(value === null ? -1 : 8, at);
    if (value !== null) buffer.writeBigInt64BE(BigInt(value), at + 4);
    at += value === null ? 4 : 12;
  }
  return buffer.subarray(0, at);
}
