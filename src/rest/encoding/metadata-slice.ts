const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
/** `{"metadata":` */
const START = 12;

/** The bytes of `metadata` in an item's bytes (`{"metadata":{…},…`), found without parsing what comes after it. */
export function metadataSlice(bytes: Buffer): Buffer {
  let depth = 0;
  for (let i = START; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) {
      i = endOfString(bytes, i);
    } else if (byte === OPEN) depth++;
    else if (byte === CLOSE && --depth === 0) return bytes.subarray(START, i + 1);
  }
  throw new Error('a stored object without metadata');
}

/** Index of the quote that ends the string which begins at `start`. Escapes may follow each other (`\"\"`). */
function endOfString(bytes: Buffer, start: number): number {
  let i = start + 1;
  while (i < bytes.length && bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1;
  return i;
}
