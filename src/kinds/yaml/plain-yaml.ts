import { MAX_DEPTH } from '../../go/json-syntax.ts';
import { checkValues, MAX_VALUES } from '../body-bounds.ts';
import { readBlockScalar } from './block-scalar.ts';
import { NotPlain } from './not-plain.ts';
import { readQuoted, trimEnd } from './quoted.ts';
import { NO_NUMBER, resolvePlain } from './resolve.ts';

type Shape = Record<string, unknown>;

/** A key that comes again, and where its value is. */
interface Repeated {
  key: string;
  at: number;
}
export interface PlainYaml {
  value: unknown;
  repeated: readonly Repeated[];
}

/** Nested deeper than go-yaml reads; `at` is the index of what is too deep. */
export class TooDeep extends Error {
  constructor(readonly at: number) {
    super('too deep');
  }
}

const SPACE = 32;
const LINE_END = 10;
const DASH = 45;
const COLON = 58;
/** What a plain scalar cannot begin with; `-`, `?` and `:` may where no space follows. */
const INDICATORS = new Set('&*!|>%@`,[]{}#"\'');
/** What surely goes on in a plain scalar: in blocks, and in flow collections. */
const BLOCK = /[^:#\n]*/y;
const FLOW = /[^:#\n,[\]{}]*/y;
const FLOW_ENDS = ',[]{}';

/** The end of a plain scalar on its line: before a colon or a comment, which space sets off. */
function plainEnd(text: string, start: number, pattern: typeof BLOCK): number {
  for (let i = start; ; i++) {
    pattern.lastIndex = i;
    pattern.test(text);
    i = pattern.lastIndex;
    const next = text[i + 1];
    if (text[i] === ':' && next !== undefined && next !== ' ' && next !== '\n') {
      if (pattern === BLOCK || !FLOW_ENDS.includes(next)) continue;
    } else if (text[i] === '#' && text[i - 1] !== ' ') continue;
    return i;
  }
}

/**
 * Reads the YAML that people and programs write (mappings, lists, scalars of all styles, flow collections, comments)
 * in one pass, in time by its length. Throws NotPlain for all else, TooDeep, and 413 for too many values.
 */
export function readPlainYaml(text: string): PlainYaml {
  return new Reader(text).document();
}

class Reader {
  private at = 0;
  /** index at which the line begins */
  private line = 0;
  private depth = 0;
  private values = 0;
  private readonly repeated: Repeated[] = [];

  constructor(private readonly text: string) {}

  document(): PlainYaml {
    this.skip();
    if (this.isMark('---')) {
      this.at += 3;
      this.skip();
      if (this.line === 0 && this.at < this.text.length) throw new NotPlain(this.at);
    }
    if (this.isMark('...')) throw new NotPlain(this.at);
    const value = this.atEnd() ? null : this.block(-1);
    this.skip();
    if (!this.atEnd()) throw new NotPlain(this.at);
    return { value, repeated: this.repeated };
  }

  private code(offset = 0): number {
    return this.text.charCodeAt(this.at + offset);
  }
  private get column(): number {
    return this.at - this.line;
  }
  /** whether a space or a line end (or that of the text) is at an offset */
  private isBlank(offset: number): boolean {
    const c = this.code(offset);
    return c === SPACE || c === LINE_END || Number.isNaN(c);
  }
  private isMark(mark: string): boolean {
    return this.at === this.line && this.text.startsWith(mark, this.at) && this.isBlank(3);
  }
  /** of the first document: no other is read */
  private atEnd(): boolean {
    return this.at >= this.text.length || this.isMark('---') || this.isMark('...');
  }
  private enter(): void {
    if (++this.depth > MAX_DEPTH) throw new TooDeep(this.at);
  }
  private count(): void {
    if (++this.values > MAX_VALUES / 2) checkValues({ values: MAX_VALUES + 1 });
  }

  private spaces(): void {
    while (this.code() === SPACE) this.at++;
  }
  /** Past spaces, comments and line ends, to what comes next. */
  private skip(): void {
    for (;;) {
      const before = this.at;
      this.spaces();
      if (
        this.code() === 35 &&
        (this.at === this.line || this.at > before || this.text.charCodeAt(this.at - 1) === SPACE)
      ) {
        const end = this.text.indexOf('\n', this.at);
        this.at = end < 0 ? this.text.length : end;
      }
      if (this.code() !== LINE_END) return;
      this.line = ++this.at;
    }
  }

  /** What stands at the beginning of a line, or after a dash. `parent`: the column of what it belongs to. */
  private block(parent: number): unknown {
    const { column } = this;
    if (column <= parent) throw new NotPlain(this.at);
    if (this.code() === DASH && this.isBlank(1)) return this.list(column);
    const start = this.at;
    if ('[{|>'.includes(this.text[start] ?? '')) return this.scalar(parent);
    const key = this.key();
    if (key !== undefined) return this.mapping(column, key);
    this.at = start;
    return this.scalar(parent);
  }

  private list(column: number): unknown[] {
    this.enter();
    const items: unknown[] = [];
    while (!this.atEnd() && this.column === column && this.code() === DASH && this.isBlank(1)) {
      this.at++;
      this.count();
      items.push(this.item(column));
      this.skip();
    }
    if (!this.atEnd() && this.column > column) throw new NotPlain(this.at);
    this.depth--;
    return items;
  }

  private item(column: number): unknown {
    const { line } = this;
    this.skip();
    if (this.atEnd() || this.column <= column) return null;
    const style = this.code();
    if (this.line === line && (style === 124 || style === 62)) return this.scalar(column);
    return this.block(column);
  }

  /** The key of a mapping, past its colon; undefined where there is none on this line. */
  private key(): { name: string } | undefined {
    const c = this.text[this.at] ?? '';
    if (c === '"' || c === "'") {
      const { value, end } = readQuoted(this.text, this.at);
      if (this.text.slice(this.at, end).includes('\n')) return undefined;
      this.at = end;
      this.spaces();
      if (this.code() !== COLON || !this.isBlank(1)) return undefined;
      this.at++;
      return { name: value };
    }
    const text = this.plain(BLOCK);
    if (this.code() !== COLON) return undefined;
    this.at++;
    return { name: nameOf(text, this.at) };
  }

  private mapping(column: number, first: { name: string }): Shape {
    this.enter();
    const out: Shape = {};
    for (let key: { name: string } | undefined = first; key;) {
      this.count();
      this.put(out, key.name, this.mapped(column));
      this.skip();
      if (this.atEnd() || this.column < column) break;
      if (this.column > column) throw new NotPlain(this.at);
      if (this.code() === DASH && this.isBlank(1)) throw new NotPlain(this.at);
      key = this.key();
      if (!key) throw new NotPlain(this.at);
    }
    this.depth--;
    return out;
  }

  /** The value of a key: on its line a scalar or flow collection, on the next lines anything. */
  private mapped(column: number): { value: unknown; at: number } {
    const { line } = this;
    this.spaces();
    let at = this.at;
    const c = this.code();
    if (c === LINE_END || c === 35 || Number.isNaN(c)) this.skip();
    if (this.line === line) return { value: Number.isNaN(this.code()) ? null : this.scalar(column), at };
    at = this.at;
    if (this.atEnd() || this.column < column) return { value: null, at };
    // a list may stand where its key does
    if (this.column === column)
      return { value: this.code() === DASH && this.isBlank(1) ? this.list(column) : null, at };
    return { value: this.block(column), at };
  }

  private put(out: Shape, key: string, { value, at }: { value: unknown; at: number }): void {
    if (Object.hasOwn(out, key)) this.repeated.push({ key, at });
    if (key === '__proto__')
      Object.defineProperty(out, key, { value, enumerable: true, configurable: true, writable: true });
    else out[key] = value;
  }

  /** A scalar or flow collection, with nothing after it on its line. */
  private scalar(parent: number): unknown {
    const c = this.text[this.at] ?? '';
    let value: unknown;
    if (c === '|' || c === '>') {
      const { value: found, end } = readBlockScalar(this.text, this.at, parent);
      this.at = this.line = end;
      return found;
    }
    if (c === '[' || c === '{') value = this.flow();
    else if (c === '"' || c === "'") value = this.quoted();
    else return this.plainLines(parent);
    const end = this.at;
    this.spaces();
    if (!this.isBlank(0) && !(this.code() === 35 && this.at > end)) throw new NotPlain(this.at);
    return value;
  }

  private quoted(): string {
    const { value, end } = readQuoted(this.text, this.at);
    const last = this.text.lastIndexOf('\n', end - 1) + 1;
    if (last > this.line) this.line = last;
    this.at = end;
    return value;
  }

  /** The text of a plain scalar as far as it goes on this line. */
  private plain(pattern: RegExp): string {
    const c = this.text[this.at] ?? '';
    if (INDICATORS.has(c) || ((c === '-' || c === '?' || c === ':') && this.isBlank(1))) throw new NotPlain(this.at);
    const end = plainEnd(this.text, this.at, pattern);
    if (end === this.at) throw new NotPlain(end);
    const text = trimEnd(this.text.slice(this.at, end));
    this.at = end;
    return text;
  }

  /** A plain scalar that goes on on the lines below it which are further in. */
  private plainLines(parent: number): unknown {
    const parts = [this.plain(BLOCK)];
    for (;;) {
      if (this.code() === COLON) throw new NotPlain(this.at);
      // a comment ends it
      if (this.code() !== LINE_END) break;
      const { at, line } = this;
      let breaks = 0;
      while (this.code() === LINE_END || this.code() === SPACE) {
        if (this.code() === LINE_END) {
          breaks++;
          this.line = this.at + 1;
        }
        this.at++;
      }
      if (this.code() === 35 || this.at >= this.text.length || this.column <= parent || this.atEnd()) {
        this.at = at;
        this.line = line;
        break;
      }
      const end = plainEnd(this.text, this.at, BLOCK);
      parts.push(breaks === 1 ? ' ' : '\n'.repeat(breaks - 1), trimEnd(this.text.slice(this.at, end)));
      this.at = end;
    }
    return parts.length > 1
      ? known(resolvePlain(parts.join('')), this.at)
      : known(resolvePlain(parts[0] ?? ''), this.at);
  }

  private flow(): unknown {
    this.enter();
    const isMap = this.code() === 123;
    const value = isMap ? this.flowMap() : this.flowList();
    this.at++;
    this.depth--;
    return value;
  }

  private flowList(): unknown[] {
    const items: unknown[] = [];
    this.at++;
    for (this.skip(); this.text[this.at] !== ']'; this.skip()) {
      this.count();
      items.push(this.flowValue());
      this.skip();
      if (this.text[this.at] === ']') break;
      if (this.text[this.at] !== ',') throw new NotPlain(this.at);
      this.at++;
    }
    return items;
  }

  private flowMap(): Shape {
    const out: Shape = {};
    this.at++;
    for (this.skip(); this.text[this.at] !== '}'; this.skip()) {
      this.count();
      const c = this.text[this.at];
      const key = c === '"' || c === "'" ? this.quoted() : nameOf(this.plain(FLOW), this.at);
      this.skip();
      // a key alone has no value
      if (this.code() === COLON) this.at++;
      else if (!',}'.includes(this.text[this.at] ?? ' ')) throw new NotPlain(this.at);
      this.skip();
      const { at } = this;
      const next = this.text[at];
      this.put(out, key, { value: next === ',' || next === '}' ? null : this.flowValue(), at });
      this.skip();
      if (this.text[this.at] === '}') break;
      if (this.text[this.at] !== ',') throw new NotPlain(this.at);
      this.at++;
    }
    return out;
  }

  private flowValue(): unknown {
    const c = this.text[this.at];
    if (this.isMark('---') || this.isMark('...')) throw new NotPlain(this.at);
    if (c === '[' || c === '{') return this.flow();
    if (c === '"' || c === "'") return this.quoted();
    const text = this.plain(FLOW);
    return known(resolvePlain(text), this.at);
  }
}

function known(value: ReturnType<typeof resolvePlain>, at: number): unknown {
  if (value === NO_NUMBER) throw new NotPlain(at);
  return value;
}

/** A key as JSON has it: numbers and booleans are texts; `<<` merges, and a null is none. */
function nameOf(text: string, at: number): string {
  const value = known(resolvePlain(text), at);
  if (text === '<<' || value === null) throw new NotPlain(at);
  if (typeof value === 'number' && !Number.isInteger(value)) throw new NotPlain(at);
  return String(value as string);
}
