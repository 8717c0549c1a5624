import { block } from '../../kinds/protobuf/value.ts';
import { Writer } from '../../kinds/protobuf/writer.ts';

/** Where code was: as V8's profiles have it; lines from 0. */
export interface CallFrame {
  functionName: string;
  url: string;
  lineNumber: number;
}
/** What was counted in one place, the innermost first. */
export interface Sample {
  stack: readonly CallFrame[];
  values: readonly number[];
}
export interface Profile {
  /** of the values of each sample: `cpu` in `nanoseconds` */
  types: readonly { type: string; unit: string }[];
  /** what one sample stands for, of the last type */
  period: number;
  samples: readonly Sample[];
  /** ms since the epoch */
  began: number;
  /** ms */
  lasted: number;
}

const BLOCK = 2;
const tag = (writer: Writer, field: number, wireType = 0): void => writer.varint(field * 8 + wireType);
function int(writer: Writer, field: number, value: number | bigint): void {
  writer.varint(value);
  tag(writer, field);
}
function message(writer: Writer, field: number, body: () => void): void {
  block(writer, body);
  tag(writer, field, BLOCK);
}
function packed(writer: Writer, field: number, values: readonly number[]): void {
  message(writer, field, () => {
    for (let i = values.length - 1; i >= 0; i--) writer.varint(values[i]!);
  });
}

/** The numbers of things that are written once, in the order in which they were met. */
class Numbered<T> {
  readonly all: T[] = [];
  private readonly numbers = new Map<string, number>();

  constructor(private readonly first: number) {}

  of(key: string, make: () => T): number {
    let number = this.numbers.get(key);
    if (number === undefined) {
      number = this.all.push(make()) - 1 + this.first;
      this.numbers.set(key, number);
    }
    return number;
  }
}

/**
 * A profile as `go tool pprof` reads it, not compressed: the message `perftools.profiles.Profile`
 * (https://github.com/google/pprof/blob/main/proto/profile.proto). The writer goes from the end to the start.
 */
export function encodePprof({ types, period, samples, began, lasted }: Profile): Buffer {
  const strings = new Numbered<string>(0);
  const text = (value: string): number => strings.of(value, () => value);
  text('');
  const functions = new Numbered<{ name: number; file: number; line: number }>(1);
  const locations = new Numbered<{ of: number; line: number }>(1);
  const locate = ({ functionName, url, lineNumber }: CallFrame): number => {
    const name = functionName || '(anonymous)';
    const key = `${name}\n${url}\n${lineNumber}`;
    const line = lineNumber + 1;
    const of = functions.of(key, () => ({ name: text(name), file: text(url), line }));
    return locations.of(key, () => ({ of, line }));
  };
  const stacks = samples.map(({ stack, values }) => ({ places: stack.map(locate), values }));
  const valueTypes = types.map(({ type, unit }) => ({ type: text(type), unit: text(unit) }));

  const writer = new Writer();
  const valueType = (field: number, { type, unit }: { type: number; unit: number }): void =>
    message(writer, field, () => {
      int(writer, 2, unit);
      int(writer, 1, type);
    });
  int(writer, 12, period);
  const last = valueTypes.at(-1);
  if (last) valueType(11, last);
  int(writer, 10, BigInt(Math.round(lasted * 1e6)));
  int(writer, 9, BigInt(Math.round(began)) * 1_000_000n);
  for (const one of strings.all.toReversed()) {
    writer.string(one);
    tag(writer, 6, BLOCK);
  }
  for (const [i, { name, file, line }] of [...functions.all.entries()].reverse())
    message(writer, 5, () => {
      int(writer, 5, line);
      int(writer, 4, file);
      int(writer, 3, name);
      int(writer, 2, name);
      int(writer, 1, i + 1);
    });
  for (const [i, { of, line }] of [...locations.all.entries()].reverse())
    message(writer, 4, () => {
      message(writer, 4, () => {
        int(writer, 2, line);
        int(writer, 1, of);
      });
      int(writer, 1, i + 1);
    });
  for (const { places, values } of stacks.toReversed())
    message(writer, 2, () => {
      packed(writer, 2, values);
      packed(writer, 1, places);
    });
  for (const one of valueTypes.toReversed()) valueType(1, one);
  return writer.finish();
}
