import { the } from '../../support/at.ts';

/** Fields of a protobuf message by number; length-delimited ones alone. */
function fieldsOf(bytes: Buffer): Map<number, Buffer[]> {
  const found = new Map<number, Buffer[]>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = the(bytes[at++]);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    if ((tag & 7) === 0) varint();
    else if ((tag & 7) === 1) at += 8;
    else {
      const length = varint();
      const list = found.get(tag >>> 3) ?? [];
      found.set(tag >>> 3, list);
      list.push(bytes.subarray(at, at + length));
      at += length;
    }
  }
  return found;
}

const text = (fields: Map<number, Buffer[]>, number: number): string => (fields.get(number)?.[0] ?? '').toString();
/** names of a map, whose entries are field `number` */
const names = (bytes: Buffer, number: number): string[] =>
  (fieldsOf(bytes).get(number) ?? []).map((entry) => text(fieldsOf(entry), 1));

/** What the tests look at of an `openapi.v2.Document`. */
export function readOpenApi(bytes: Buffer): { swagger: string; title: string; paths: string[]; definitions: string[] } {
  const document = fieldsOf(bytes);
  return {
    swagger: text(document, 1),
    title: text(fieldsOf(the(document.get(2)?.[0])), 1),
    // a message that comes several times is one
    paths: (document.get(8) ?? []).flatMap((some) => names(some, 2)),
    definitions: (document.get(9) ?? []).flatMap((some) => names(some, 1)),
  };
}
