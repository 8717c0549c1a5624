import { stringifyExact } from '../../go/json-numbers.ts';
import { badRequest } from '../../meta/status.ts';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

/** How a type that is no plain message goes onto the wire (without tag), comes back, and what JSON has when it is zero. */
export interface Codec {
  /** 0 varint, 1 eight bytes, 2 block */
  wireType: 0 | 1 | 2;
  write(writer: Writer, value: unknown): void;
  read(reader: Reader): unknown;
  /** what JSON shows where nothing was written; lists and bytes are null */
  zero: unknown;
  /** is left out by omitempty when zero; structs are not */
  omits: boolean;
}

/** Writes a message of fields that `body` writes, last one first. */
export function block(writer: Writer, body: () => void): void {
  const before = writer.size;
  body();
  writer.varint(writer.size - before);
}

/** Reads the fields of a message; `field` reads one and says whether it knew it. */
export function fields(reader: Reader, field: (number: number, wireType: number) => boolean): void {
  while (reader.at < reader.end) {
    const tag = reader.varint();
    if (tag >>> 3 === 0) throw badRequest(`proto: illegal tag ${tag >>> 3} (wire type ${tag})`);
    if (!field(tag >>> 3, tag & 7)) reader.skip(tag & 7);
  }
}

const MAX_SECONDS = 253402300799; // 9999-12-31T23:59:59Z, the last time that RFC 3339 can write
const MIN_SECONDS = -62135596800;

function readTime(reader: Reader): [seconds: number, nanos: number] {
  return reader.nested(() => {
    let seconds = 0;
    let nanos = 0;
    fields(reader, (number, wireType) => {
      if (wireType !== 0 || number > 2) return false;
      if (number === 1) seconds = reader.varint();
      else nanos = reader.varint();
      return true;
    });
    if (seconds > MAX_SECONDS || seconds < MIN_SECONDS || nanos < 0 || nanos > 999_999_999) {
      throw badRequest('proto: time is out of range');
    }
    return [seconds, nanos];
  });
}

function writeTime(writer: Writer, value: unknown, micros: boolean): void {
  block(writer, () => {
    if (typeof value !== 'string') return;
    const ms = Date.parse(value);
    if (Number.isNaN(ms)) throw badRequest(`parsing time ${JSON.stringify(value)} as RFC 3339`);
    const fraction = micros ? /\.(\d{1,6})/.exec(value)?.[1] : undefined;
    writer.varint(fraction ? Number(fraction.padEnd(6, '0')) * 1000 : 0);
    writer.varint(16);
    writer.varint(Math.floor(ms / 1000));
    writer.varint(8);
  });
}

const rfc3339 = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 19);

const intOrString: Codec = {
  wireType: 2,
  write: (writer, value) =>
    block(writer, () => {
      const text = typeof value === 'string';
      writer.string(text ? value : '');
      writer.varint(0x1a);
      writer.varint(text ? 0 : Number(value ?? 0));
      writer.varint(0x10);
      writer.varint(text ? 1 : 0);
      writer.varint(0x08);
    }),
  read: (reader) =>
    reader.nested(() => {
      let type = 0;
      let int = 0;
      let text = '';
      fields(reader, (number, wireType) => {
        if (number === 1 && wireType === 0) type = reader.varint();
        else if (number === 2 && wireType === 0) int = signed32(reader.varint());
        else if (number === 3 && wireType === 2) text = reader.string();
        else return false;
        return true;
      });
      return type === 1 ? text : int;
    }),
  zero: 0,
  omits: false,
};

/** An int32 that a sloppy writer gave five bytes instead of ten comes out negative too. */
const signed32 = (value: number): number => (value > 0x7fffffff && value <= 0xffffffff ? value | 0 : value);

/** `{1: bytes}` whose bytes are JSON: RawExtension, FieldsV1, JSON. */
const rawJson: Codec = {
  wireType: 2,
  write: (writer, value) =>
    block(writer, () => {
      if (value === undefined || value === null) return;
      writer.string(stringifyExact(value));
      writer.varint(0x0a);
    }),
  read: (reader) =>
    reader.nested(() => {
      let value: unknown = null;
      fields(reader, (number, wireType) => {
        if (number !== 1 || wireType !== 2) return false;
        const data = reader.data();
        value = data.length ? parseJson(data) : null;
        return true;
      });
      return value;
    }),
  zero: null,
  omits: false,
};

function parseJson(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString('utf8'));
  } catch {
    throw badRequest('an embedded object is not JSON');
  }
}

const oneString = (zero: string): Codec => ({
  wireType: 2,
  write: (writer, value) =>
    block(writer, () => {
      writer.string(String(value ?? zero));
      writer.varint(0x0a);
    }),
  read: (reader) =>
    reader.nested(() => {
      let value = '';
      fields(reader, (number, wireType) => {
        if (number !== 1 || wireType !== 2) return false;
        value = reader.string();
        return true;
      });
      return value || zero;
    }),
  zero,
  omits: false,
});

const strings: Codec = {
  wireType: 2,
  write: (writer, value) =>
    block(writer, () => {
      if (!Array.isArray(value)) return;
      for (let i = value.length - 1; i >= 0; i--) {
        writer.string(String(value[i]));
        writer.varint(0x0a);
      }
    }),
  read: (reader) =>
    reader.nested(() => {
      const out: string[] = [];
      fields(reader, (number, wireType) => {
        if (number !== 1 || wireType !== 2) return false;
        out.push(reader.string());
        return true;
      });
      return out;
    }),
  zero: null,
  omits: true,
};

/** By the letters of the facts. */
export const codecs: Readonly<Record<string, Codec>> = {
  s: {
    wireType: 2,
    write: (writer, value) => writer.string(typeof value === 'string' ? value : String(value ?? '')),
    read: (reader) => reader.string(),
    zero: '',
    omits: true,
  },
  i: {
    wireType: 0,
    write: (writer, value) => writer.varint(typeof value === 'bigint' ? value : Number(value ?? 0)),
    read: (reader) => signed32(reader.varint()),
    zero: 0,
    omits: true,
  },
  b: {
    wireType: 0,
    write: (writer, value) => writer.varint(value === true ? 1 : 0),
    read: (reader) => reader.varint() !== 0,
    zero: false,
    omits: true,
  },
  d: {
    wireType: 1,
    write: (writer, value) => writer.double(Number(value ?? 0)),
    read: (reader) => reader.double(),
    zero: 0,
    omits: true,
  },
  y: {
    wireType: 2,
    write: (writer, value) => writer.block(Buffer.from(String(value ?? ''), 'base64')),
    read: (reader) => reader.data().toString('base64'),
    zero: null,
    omits: true,
  },
  V: strings,
  T: {
    wireType: 2,
    write: (writer, value) => writeTime(writer, value, false),
    read: (reader) => {
      const [seconds, nanos] = readTime(reader);
      return seconds === 0 && nanos === 0 ? null : `${rfc3339(seconds)}Z`;
    },
    zero: null,
    omits: false,
  },
  M: {
    wireType: 2,
    write: (writer, value) => writeTime(writer, value, true),
    read: (reader) => {
      const [seconds, nanos] = readTime(reader);
      return seconds === 0 && nanos === 0
        ? null
        : `${rfc3339(seconds)}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z`;
    },
    zero: null,
    omits: false,
  },
  Q: oneString('0'),
  I: intOrString,
  R: rawJson,
};
