import { badRequest } from '../../meta/status.ts';
import { wire, type FieldFacts } from './facts.ts';
import type { Reader } from './reader.ts';
import { schemaPropsOr } from './schema-props.ts';
import { block, codecs, type Codec } from './value.ts';
import type { Writer } from './writer.ts';

type Fields = Record<string, unknown>;

/** One message type: its fields written and read by closures that were chosen once. */
export interface Message {
  /** without tag and length */
  write(writer: Writer, object: Fields): void;
  /** up to the reader's end */
  read(reader: Reader): Fields;
  /** what JSON shows of a struct of which nothing was written */
  empty(): Fields;
}

interface FieldCodec {
  name: string;
  number: number;
  inline: boolean;
  write(writer: Writer, object: Fields): void;
  /** returns the field's value after what comes next has been added to `before` */
  read(reader: Reader, wireType: number, before: unknown): unknown;
  /** the value in JSON where there was none; undefined to leave it out */
  absent(): unknown;
  /** whether a value that was read is left out of JSON */
  omitted(value: unknown): boolean;
}

const messages: (Message | undefined)[] = [];

/** The codec of a message, made at its first use: a process meets a few dozen of several hundred. */
export function message(index: number): Message {
  return (messages[index] ??= compile(index));
}

const never = (): boolean => false;

function asCodec(type: string | number): Codec {
  if (typeof type === 'string') return codecs[type] ?? schemaPropsOr(type, () => asCodec(wire.schemaProps));
  const index = type;
  return {
    wireType: 2,
    write: (writer, value) => {
      const before = writer.size;
      message(index).write(writer, (value ?? {}) as Fields);
      writer.varint(writer.size - before);
    },
    read: (reader) => reader.nested((inner) => message(index).read(inner)),
    zero: undefined,
    omits: false,
  };
}

const wrongType = (name: string, wireType: number): Error =>
  badRequest(`proto: wrong wireType = ${wireType} for field ${name}`);

function field(facts: FieldFacts): FieldCodec {
  const [name, number, type, flags] = facts;
  const codec = asCodec(type);
  const pointer = flags.includes('p');
  const omitEmpty = flags.includes('o');
  const inline = flags.includes('n');
  const tag = (number << 3) | codec.wireType;
  const common = { name, number, inline };
  if (flags.includes('m')) return { ...common, ...mapField(name, number, codec, omitEmpty) };
  if (flags.includes('r')) return { ...common, ...listField(name, tag, codec, omitEmpty) };
  const zero = (): unknown => (typeof type === 'number' ? message(type).empty() : codec.zero);
  const nilable = pointer || codec.zero === null;
  // bytes and strings in a message are nil or not, and are then not written; a struct that is no pointer always is
  const optional = pointer || type === 'y';
  return {
    ...common,
    write(writer, object) {
      const value = inline ? object : object[name];
      if (optional && (value === undefined || value === null)) return;
      codec.write(writer, value);
      writer.varint(tag);
    },
    read(reader, wireType) {
      if (wireType !== codec.wireType) throw wrongType(name, wireType);
      return codec.read(reader);
    },
    absent: () => {
      if (pointer) return omitEmpty ? undefined : null;
      if (flags.includes('z') || (omitEmpty && codec.omits)) return undefined;
      return zero();
    },
    omitted:
      (flags.includes('z') && nilable) || (omitEmpty && codec.omits && !pointer)
        ? (value) => value === codec.zero || value === '' || (Array.isArray(value) && value.length === 0)
        : never,
  };
}

type Shape = Pick<FieldCodec, 'write' | 'read' | 'absent' | 'omitted'>;

function listField(name: string, tag: number, codec: Codec, omitEmpty: boolean): Shape {
  return {
    write(writer, object) {
      const list = object[name];
      if (!Array.isArray(list)) return;
      for (let i = list.length - 1; i >= 0; i--) {
        codec.write(writer, list[i]);
        writer.varint(tag);
      }
    },
    read(reader, wireType, before) {
      const list = (before ?? []) as unknown[];
      if (wireType === codec.wireType) list.push(codec.read(reader));
      else if (wireType === 2 && codec.wireType < 2) {
        reader.nested((inner) => {
          while (inner.at < inner.end) list.push(codec.read(inner));
        });
      } else throw wrongType(name, wireType);
      return list;
    },
    absent: () => (omitEmpty ? undefined : null),
    omitted: never,
  };
}

function mapField(name: string, number: number, codec: Codec, omitEmpty: boolean): Shape {
  const tag = (number << 3) | 2;
  const valueTag = (2 << 3) | codec.wireType;
  return {
    write(writer, object) {
      const map = object[name];
      if (typeof map !== 'object' || map === null) return;
      const keys = Object.keys(map).sort();
      for (let i = keys.length - 1; i >= 0; i--) {
        const key = keys[i]!;
        block(writer, () => {
          codec.write(writer, (map as Fields)[key]);
          writer.varint(valueTag);
          writer.string(key);
          writer.varint(0x0a);
        });
        writer.varint(tag);
      }
    },
    read(reader, wireType, before) {
      if (wireType !== 2) throw wrongType(name, wireType);
      const map = (before ?? {}) as Fields;
      reader.nested((inner) => {
        let key = '';
        let value: unknown = codec.zero;
        while (inner.at < inner.end) {
          const next = inner.varint();
          if (next === 0x0a) key = inner.string();
          else if (next === valueTag) value = codec.read(inner);
          else inner.skip(next & 7);
        }
        if (value === undefined) value = {};
        if (key === '__proto__')
          Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
        else map[key] = value;
      });
      return map;
    },
    absent: () => (omitEmpty ? undefined : null),
    omitted: never,
  };
}

function compile(index: number): Message {
  const [, ...facts] = wire.messages[index]!;
  const fields = facts.map(field);
  const backwards = [...fields].sort((a, b) => b.number - a.number);
  const none: unknown[] = fields.map(() => undefined);
  const byNumber: (number | undefined)[] = [];
  fields.forEach((f, i) => {
    byNumber[f.number] = i;
  });
  const assemble = (values: readonly unknown[]): Fields => {
    const out: Fields = {};
    for (let i = 0; i < fields.length; i++) {
      const f = fields[i]!;
      const value = values[i] === undefined ? f.absent() : f.omitted(values[i]) ? undefined : values[i];
      if (value === undefined) continue;
      if (f.inline) Object.assign(out, value);
      else out[f.name] = value;
    }
    return out;
  };
  return {
    write(writer, object) {
      for (const f of backwards) f.write(writer, object);
    },
    read(reader) {
      const values: unknown[] = none.slice();
      while (reader.at < reader.end) {
        const tag = reader.varint();
        const i = byNumber[tag >>> 3];
        if (i === undefined) {
          if (tag >>> 3 === 0) throw badRequest(`proto: illegal tag 0 (wire type ${tag})`);
          reader.skip(tag & 7);
        } else values[i] = fields[i]!.read(reader, tag & 7, values[i]);
      }
      return assemble(values);
    },
    empty: () => assemble([]),
  };
}
