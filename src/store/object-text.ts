import { parseExact, stringifyExact } from '../go/json-numbers.ts';
import { isRecord } from '../meta/record.ts';
import { isText, lastMember, NotCompact, TextMember } from './text-member.ts';

/** Names that lead to a value, through objects only, as each of them stands in a text. */
export type TextPath = readonly Uint8Array[];

export const textPath = (names: readonly string[]): TextPath => names.map((name) => Buffer.from(JSON.stringify(name)));

/** What is remembered of a member: its name's place, its value's first and last byte, and how many members that has. */
const FIELDS = 4;
/** In place of that number: it is itself a member of the one that is remembered next; those of it are not remembered. */
const INNER = -1;
const MANY = -2;
/** Members of one object that are remembered. */
const MAX_MEMBERS = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const END_OF_OBJECT = 0x7d;
const NOTHING = new Int32Array(0);

/** What is looked at: nothing else runs meanwhile. */
const member = new TextMember();

/**
 * Single values of an object's text, read without making the rest. It is read from its end, so that of two members of
 * one name the last one counts, as JSON.parse has it. Where members are is remembered two levels deep, in about 1 KB for
 * a pod, so that the next value is found at once.
 */
export class ObjectText {
  readonly #bytes: Buffer;
  /** members that have been passed: those of a value, and then the member that has it */
  #places = NOTHING;
  #length = 0;
  #members = 0;
  /** the last byte of the member that comes next; 0: there is none */
  #rest: number;

  /** @param bytes JSON of an object as JSON.stringify writes it; what is written otherwise is parsed */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#rest = lastMember(bytes, bytes.length - 1);
  }

  /**
   * What JSON.parse has at a path of own members; undefined where there is nothing, or no object is on the way.
   * @param exact integers beyond 2^53 as bigints
   */
  valueAt(path: TextPath, exact = false): unknown {
    try {
      return this.#find(path) ? this.#value(exact) : undefined;
    } catch (error) {
      if (!(error instanceof NotCompact)) throw error;
      const whole = parseExact(this.#bytes.toString('utf8'));
      return isRecord(whole) ? new ObjectText(Buffer.from(stringifyExact(whole))).valueAt(path, exact) : undefined;
    }
  }

  #find([first, second, ...others]: TextPath): boolean {
    if (this.#bytes[this.#bytes.length - 1] !== END_OF_OBJECT) throw new NotCompact();
    if (!first) return false;
    const place = this.#first(first);
    if (place === undefined) return false;
    if (!second) return true;
    const found = place < 0 ? member.descend(this.#bytes, second) : this.#second(place, second);
    return found && others.every((name) => member.descend(this.#bytes, name));
  }

  /** Its place, or -1 where it is not remembered. */
  #first(name: Uint8Array): number | undefined {
    for (let place = 0; place < this.#length; place += FIELDS)
      if (this.#places[place + 3] !== INNER && this.#isNamed(place, name)) return place;
    while (this.#rest && this.#members < MAX_MEMBERS) {
      const place = this.#pass();
      if (this.#isNamed(place, name)) return place;
    }
    for (let end = this.#rest; end; end = member.before(this.#bytes))
      if (member.endingAt(this.#bytes, end).isNamed(this.#bytes, name)) return -1;
    return undefined;
  }

  /** A member of the value of one that is remembered. */
  #second(place: number, name: Uint8Array): boolean {
    const count = this.#places[place + 3]!;
    if (count === MANY) return member.descend(this.#bytes, name);
    for (let i = place - count * FIELDS; i < place; i += FIELDS) if (this.#isNamed(i, name)) return true;
    return false;
  }

  #isNamed(place: number, name: Uint8Array): boolean {
    const [at, start, end] = [this.#places[place]!, this.#places[place + 1]!, this.#places[place + 2]!];
    if (!isText(this.#bytes, at, start - 1, name)) return false;
    member.name = at;
    member.start = start;
    member.end = end;
    return true;
  }

  /** Goes over the next member, and remembers it with those of its value. Returns its place. */
  #pass(): number {
    const bytes = this.#bytes;
    const begun = this.#length;
    const end = this.#rest;
    let count = 0;
    let first = 0;
    for (let inner = lastMember(bytes, end); inner && count <= MAX_MEMBERS; inner = member.before(bytes)) {
      first = member.endingAt(bytes, inner).name;
      this.#add(INNER);
      count++;
    }
    if (count > MAX_MEMBERS) {
      this.#length = begun;
      member.endingAt(bytes, end);
      count = MANY;
    } else if (count) member.between(bytes, first - 1, end);
    else member.endingAt(bytes, end);
    this.#rest = member.before(bytes);
    this.#members++;
    return this.#add(count);
  }

  #add(count: number): number {
    const place = this.#length;
    if (place + FIELDS > this.#places.length) {
      const places = new Int32Array(Math.max(FIELDS * 16, this.#places.length * 2));
      places.set(this.#places);
      this.#places = places;
    }
    this.#places[place] = member.name;
    this.#places[place + 1] = member.start;
    this.#places[place + 2] = member.end;
    this.#places[place + 3] = count;
    this.#length += FIELDS;
    return place;
  }

  #value(exact: boolean): unknown {
    const { start, end } = member;
    if (this.#bytes[start] === QUOTE && this.#isPlain(start, end))
      return this.#bytes.toString('latin1', start + 1, end);
    return parse(this.#bytes.toString('utf8', start, end + 1), exact);
  }

  /** Whether a string has nothing that is written otherwise than it is. */
  #isPlain(start: number, end: number): boolean {
    for (let i = start; i < end; i++) {
      const byte = this.#bytes[i]!;
      if (byte === BACKSLASH || byte > 0x7e) return false;
    }
    return true;
  }
}

const parse = (text: string, exact: boolean): unknown => (exact ? parseExact(text) : JSON.parse(text));
