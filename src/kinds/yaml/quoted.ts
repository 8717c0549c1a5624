import { NotPlain } from './not-plain.ts';

const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  "'": "'",
  '/': '/',
  '\\': '\\',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
};
const HEX: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
const DOUBLE = /[^"\\\n]*/y;
const SINGLE = /[^'\n]*/y;

/** A quoted scalar, and the index after it. */
export interface Quoted {
  value: string;
  end: number;
}

function run(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  pattern.test(text);
  return pattern.lastIndex;
}

/** A line end in quotes: one is a space, more are one fewer; space around them is none. */
function folded(text: string, at: number): { value: string; end: number } {
  let breaks = 0;
  let i = at;
  for (; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 10) breaks++;
    else if (c !== 32) break;
  }
  if (text.startsWith('---', i) && text.charCodeAt(i - 1) === 10) throw new NotPlain(i);
  return { value: breaks === 1 ? ' ' : '\n'.repeat(breaks - 1), end: i };
}

/** The scalar whose quote is at `start`. Throws NotPlain for what is not closed, and for an escaped line end. */
export function readQuoted(text: string, start: number): Quoted {
  return text[start] === '"' ? readDouble(text, start) : readSingle(text, start);
}

function readDouble(text: string, start: number): Quoted {
  const parts: string[] = [];
  for (let i = start + 1; ;) {
    const end = run(DOUBLE, text, i);
    const part = text.slice(i, end);
    const c = text[end];
    if (c === '"') {
      parts.push(part);
      return { value: parts.join(''), end: end + 1 };
    }
    if (c === '\n') {
      const fold = folded(text, end);
      parts.push(trimEnd(part), fold.value);
      i = fold.end;
    } else if (c === '\\') {
      const escape = readEscape(text, end + 1);
      parts.push(part, escape.value);
      i = escape.end;
    } else throw new NotPlain(end);
  }
}

function readEscape(text: string, at: number): Quoted {
  const c = text[at] ?? '';
  const plain = ESCAPES[c];
  if (plain !== undefined) return { value: plain, end: at + 1 };
  const digits = HEX[c];
  if (digits === undefined) throw new NotPlain(at);
  const end = at + 1 + digits;
  const hex = text.slice(at + 1, end);
  const code = /^[\da-fA-F]+$/.test(hex) && hex.length === digits ? parseInt(hex, 16) : Infinity;
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw new NotPlain(at);
  return { value: String.fromCodePoint(code), end };
}

function readSingle(text: string, start: number): Quoted {
  const parts: string[] = [];
  for (let i = start + 1; ;) {
    const end = run(SINGLE, text, i);
    const part = text.slice(i, end);
    if (text[end] === "'") {
      parts.push(part);
      if (text[end + 1] !== "'") return { value: parts.join(''), end: end + 1 };
      parts.push("'");
      i = end + 2;
    } else if (text[end] === '\n') {
      const fold = folded(text, end);
      parts.push(trimEnd(part), fold.value);
      i = fold.end;
    } else throw new NotPlain(end);
  }
}

/** Without spaces at its end, by one look at each. */
export function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 32) end--;
  return text.slice(0, end);
}
