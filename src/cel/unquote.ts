const SIMPLE: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
};
const ESCAPE = /\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([^]))/g;

/** A literal without its quotes: whether escapes in it mean something, and what it holds. */
function inside(literal: string): { raw: boolean; text: string } {
  const raw = /^[rR]/.test(literal);
  const quoted = (raw ? literal.slice(1) : literal).replaceAll(/\r\n?/g, '\n');
  const triple = quoted.length >= 6 && (quoted.startsWith('"""') || quoted.startsWith("'''"));
  return { raw, text: triple ? quoted.slice(3, -3) : quoted.slice(1, -1) };
}

/** The text of a string literal; undefined where an escape names no character. */
export function unquoteText(literal: string): string | undefined {
  const { raw, text } = inside(literal);
  if (raw || !text.includes('\\')) return text;
  let good = true;
  const result = text.replaceAll(ESCAPE, (_, x?: string, u?: string, long?: string, octal?: string, char = '') => {
    const hex = x ?? u ?? long;
    if (hex === undefined && octal === undefined)
      return SIMPLE[char] === undefined ? char : String.fromCharCode(SIMPLE[char]);
    const code = hex === undefined ? Number.parseInt(octal as string, 8) : Number.parseInt(hex, 16);
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
      good = false;
      return '';
    }
    return String.fromCodePoint(code);
  });
  return good ? result : undefined;
}

/** The bytes of a bytes literal (after its `b`); undefined where an escape is of a character, not a byte. */
export function unquoteBytes(literal: string): Uint8Array | undefined {
  const { raw, text } = inside(literal);
  if (raw) return new TextEncoder().encode(text);
  const parts: number[] = [];
  let at = 0;
  for (const found of text.matchAll(ESCAPE)) {
    const [, x, u, long, octal, char = ''] = found;
    if (u !== undefined || long !== undefined) return undefined;
    parts.push(...Buffer.from(text.slice(at, found.index)));
    if (x !== undefined) parts.push(Number.parseInt(x, 16));
    else if (octal !== undefined) parts.push(Number.parseInt(octal, 8));
    else parts.push(...(SIMPLE[char] === undefined ? Buffer.from(char) : [SIMPLE[char]]));
    at = found.index + found[0].length;
  }
  parts.push(...Buffer.from(text.slice(at)));
  return Uint8Array.from(parts);
}
