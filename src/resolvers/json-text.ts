import { stringifyExact } from '../go/json-numbers.ts';

/** JSON as it goes over a wire. */
export type JsonText = string | JsonBytes;

/**
 * JSON in pieces, of which most are the store's own bytes. They are joined only for who needs it in one buffer: joining
 * each message of 10,000 pods' state was what filled the heap until all of it had to be collected.
 */
export class JsonBytes {
  readonly length: number;
  private whole: Buffer | undefined;

  constructor(readonly pieces: readonly Buffer[]) {
    this.length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  }
  get buffer(): Buffer {
    return (this.whole ??= this.pieces.length === 1 ? this.pieces[0]! : Buffer.concat(this.pieces, this.length));
  }
  toString(): string {
    return this.buffer.toString();
  }
}

const COMMA = Buffer.from(',');
/** Characters of text from which on it is put away as bytes. */
const LONG_TEXT = 64 * 1024;

/** Collects JSON text, and bytes that are JSON already. */
export class JsonWriter {
  /** appended to directly: the writers of scalars are the hottest code of a query */
  text = '';
  /** items of lists, counted by who writes them */
  items = 0;
  private readonly pieces: Buffer[] = [];

  bytes(json: Buffer): void {
    this.spill();
    this.pieces.push(json);
  }

  /** Puts the text away as bytes, and says how many. */
  spill(): number {
    const { text } = this;
    if (!text) return 0;
    this.text = '';
    // between two whole objects nothing else stands
    const piece = text === ',' ? COMMA : Buffer.from(text);
    this.pieces.push(piece);
    return piece.length;
  }

  /** As spill, once the text is long enough to be a piece; 0 before. */
  spillLong(): number {
    return this.text.length < LONG_TEXT ? 0 : this.spill();
  }

  end(): JsonText {
    return this.pieces.length ? new JsonBytes([...this.pieces, Buffer.from(this.text)]) : this.text;
  }
}

const piecesOf = (text: JsonText): readonly Buffer[] => (typeof text === 'string' ? [Buffer.from(text)] : text.pieces);

/** Several texts and what stands between them as one. */
export const joined = (texts: readonly JsonText[]): JsonText =>
  texts.every((text) => typeof text === 'string') ? texts.join('') : new JsonBytes(texts.flatMap(piecesOf));

/** What may have to be escaped in a JSON string: quotes, backslashes, control characters, and halves of surrogate pairs. */
const SPECIAL = /["\\\u0000-\u001f\ud800-\udfff]/; // eslint-disable-line no-control-regex

/** A JSON string. Most need no escape, and looking is cheaper than JSON.stringify. */
export const quoted = (value: string): string => (SPECIAL.test(value) ? JSON.stringify(value) : `"${value}"`);

/** A value that knows its JSON better than by being made into objects first: stored bytes, or a list of events with them. */
export abstract class WritesJson {
  abstract write(out: JsonWriter): void;
  /** the same as a JSON value, for those in this process; shared, must not be changed */
  abstract toJSON(): unknown;
}

/** A value whose text is there already. */
export class WrittenJson extends WritesJson {
  constructor(private readonly text: JsonText) {
    super();
  }
  get length(): number {
    return this.text.length;
  }
  write(out: JsonWriter): void {
    if (typeof this.text === 'string') out.text += this.text;
    else for (const piece of this.text.pieces) out.bytes(piece);
  }
  toJSON(): unknown {
    return JSON.parse(String(this.text));
  }
}

/** Any JSON value; undefined is null. */
export function writeJson(value: unknown, out: JsonWriter): void {
  if (typeof value === 'string') out.text += quoted(value);
  else if (Number.isInteger(value)) out.text += value as number;
  else if (value instanceof WritesJson) value.write(out);
  else out.text += stringifyExact(value) ?? 'null';
}

/** A result's text with `extensions` put in at its end. */
export function withExtensions(text: JsonText, extensions: object): JsonText {
  const end = `,"extensions":${JSON.stringify(extensions)}}`;
  if (typeof text === 'string') return text.slice(0, -1) + end;
  const last = text.pieces.at(-1)!;
  return new JsonBytes([...text.pieces.slice(0, -1), last.subarray(0, -1), Buffer.from(end)]);
}
