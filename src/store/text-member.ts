const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const LIST = 0x5b;
const BACKSLASH = 0x5c;
const END_OF_LIST = 0x5d;
const OBJECT = 0x7b;
const END_OF_OBJECT = 0x7d;

/** A text is not as JSON.stringify writes an object. */
export class NotCompact extends Error {
  override name = 'NotCompact';
}

/** A member of an object in a compact text of JSON, found from its end on. To be used again for the next one. */
export class TextMember {
  /** the quote before its name */
  name = 0;
  /** of its value: the first byte, and the last one */
  start = 0;
  end = 0;

  /** The one whose value ends at a byte. */
  endingAt(bytes: Uint8Array, end: number): this {
    return this.between(bytes, startOfValue(bytes, end), end);
  }

  /** The one whose value is known. */
  between(bytes: Uint8Array, start: number, end: number): this {
    if (bytes[start - 1] !== COLON || bytes[start - 2] !== QUOTE) throw new NotCompact();
    this.start = start;
    this.end = end;
    this.name = startOfString(bytes, start - 2);
    return this;
  }

  /** @param name as it stands in a text, with its quotes */
  isNamed(bytes: Uint8Array, name: Uint8Array): boolean {
    return isText(bytes, this.name, this.start - 1, name);
  }

  /** The last byte of the member before it; 0: it is the first. */
  before(bytes: Uint8Array): number {
    const byte = bytes[this.name - 1];
    if (byte === OBJECT) return 0;
    if (byte !== COMMA) throw new NotCompact();
    return this.name - 2;
  }

  /** Becomes the last one of that name in its own value, if there is one. */
  descend(bytes: Uint8Array, name: Uint8Array): boolean {
    for (let end = lastMember(bytes, this.end); end; end = this.before(bytes))
      if (this.endingAt(bytes, end).isNamed(bytes, name)) return true;
    return false;
  }
}

/** The last byte of the last member of a value that ends at a byte; 0 where it has none, or is no object. */
export function lastMember(bytes: Uint8Array, end: number): number {
  return bytes[end] === END_OF_OBJECT && bytes[end - 1] !== OBJECT ? end - 1 : 0;
}

export function isText(bytes: Uint8Array, start: number, end: number, text: Uint8Array): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false;
  return true;
}

/** The first byte of a value that ends at a byte, and that is a member's. */
function startOfValue(bytes: Uint8Array, end: number): number {
  const last = bytes[end];
  if (last === QUOTE) return startOfString(bytes, end);
  let at = end;
  if (last !== END_OF_OBJECT && last !== END_OF_LIST) {
    for (; bytes[at - 1] !== COLON; at--) if (bytes[at]! <= SPACE || bytes[at] === QUOTE || !at) throw new NotCompact();
    return at;
  }
  for (let depth = 1; depth;) {
    if (--at <= 0) throw new NotCompact();
    const byte = bytes[at]!;
    if (byte === QUOTE) at = startOfString(bytes, at);
    else if (byte >= LIST) {
      if (byte === END_OF_OBJECT || byte === END_OF_LIST) depth++;
      else if (byte === OBJECT || byte === LIST) depth--;
    }
  }
  return at;
}

/** The quote that begins the string which ends at one: behind an even number of backslashes. */
function startOfString(bytes: Uint8Array, end: number): number {
  for (let at = end - 1; at > 0; at--) {
    if (bytes[at] !== QUOTE) continue;
    let slash = at;
    while (bytes[slash - 1] === BACKSLASH) slash--;
    if ((at - slash) % 2 === 0) return at;
  }
  throw new NotCompact();
}
