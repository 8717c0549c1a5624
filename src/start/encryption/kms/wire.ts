/** Protobuf's wire format, as far as messages of strings, bytes, enums and maps need it. */
export type Field = readonly [number, Buffer | string | number];

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}

/** Fields in order; empty ones are left out, as proto3 does. */
export function encodeFields(fields: readonly Field[]): Buffer {
  const parts: Buffer[] = [];
  for (const [number, value] of fields) {
    if (typeof value === 'number') {
      if (value) parts.push(varint(number * 8), varint(value));
      continue;
    }
    const bytes = Buffer.from(value as string);
    if (bytes.length) parts.push(varint(number * 8 + 2), varint(bytes.length), bytes);
  }
  return Buffer.concat(parts);
}

/** Every field of a message by its number, repeated ones in order. Throws an Error for what is no message. */
export function decodeFields(message: Buffer): Map<number, (Buffer | number)[]> {
  const fields = new Map<number, (Buffer | number)[]>();
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++];
      if (byte === undefined || scale > 2 ** 49) throw new Error('proto: cannot parse invalid wire-format data');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const bytes = (length: number): Buffer => {
    if (at + length > message.length) throw new Error('proto: cannot parse invalid wire-format data');
    return message.subarray(at, (at += length));
  };
  while (at < message.length) {
    const tag = next();
    const type = tag % 8;
    const value = type === 0 ? next() : type === 2 ? bytes(next()) : bytes(type === 1 ? 8 : type === 5 ? 4 : Infinity);
    const number = Math.floor(tag / 8);
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}

type Fields = ReturnType<typeof decodeFields>;

export function bytesOf(fields: Fields, number: number): Buffer {
  const value = fields.get(number)?.at(-1);
  return typeof value === 'object' ? value : Buffer.of();
}
export const textOf = (fields: Fields, number: number): string => bytesOf(fields, number).toString();

/** A `map<string, bytes>`. */
export function mapOf(fields: Fields, number: number): Map<string, Buffer> {
  const entries = (fields.get(number) ?? []).filter((entry) => typeof entry === 'object').map(decodeFields);
  return new Map(entries.map((entry) => [textOf(entry, 1), bytesOf(entry, 2)]));
}
export const mapFields = (number: number, map: ReadonlyMap<string, Buffer>): Field[] =>
  [...map]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => [
      number,
      encodeFields([
        [1, key],
        [2, value],
      ]),
    ]);
