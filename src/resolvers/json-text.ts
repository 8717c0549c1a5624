/** JSON as it goes over the wire. Bytes where stored bytes are in it; they own their memory, so they can be transferred. */
export type JsonText = string | Buffer;

/** Collects JSON text, and bytes that are JSON already and are copied once, at the end. */
export class JsonWriter {
  /** appended to directly: the writers of scalars are the hottest code of a query */
  text = '';
  private readonly pieces: (string | Buffer)[] = [];

  bytes(json: Buffer): void {
    if (this.text) this.pieces.push(this.text);
    this.text = '';
    this.pieces.push(json);
  }

  end(): JsonText {
    return this.pieces.length ? joined([...this.pieces, this.text]) : this.text;
  }
}

/** Pieces in one buffer of its own (never of Node's pool, whose memory cannot be transferred). */
export function joined(pieces: readonly (string | Buffer)[]): Buffer {
  let length = 0;
  for (const piece of pieces) length += typeof piece === 'string' ? Buffer.byteLength(piece) : piece.length;
  const whole = Buffer.allocUnsafeSlow(length);
  let at = 0;
  for (const piece of pieces) {
    if (typeof piece === 'string') at += whole.write(piece, at);
    else {
      whole.set(piece, at);
      at += piece.length;
    }
  }
  return whole;
}

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

/** Any JSON value; undefined is null. */
export function writeJson(value: unknown, out: JsonWriter): void {
  if (value instanceof WritesJson) value.write(out);
  else out.text += typeof value === 'string' ? quoted(value) : (JSON.stringify(value) ?? 'null');
}

/** A result's text with `extensions` put in at its end. */
export function withExtensions(text: JsonText, extensions: object): JsonText {
  const end = `,"extensions":${JSON.stringify(extensions)}}`;
  return typeof text === 'string' ? text.slice(0, -1) + end : joined([text.subarray(0, -1), end]);
}
