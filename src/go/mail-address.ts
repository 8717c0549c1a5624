import { isIP } from 'node:net';

/** The parts of an address as net/mail reads them (RFC 5322 with its older forms). */
const ATOM = /[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\u{10ffff}-]+/uy;
const DOT_ATOM = /[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\u0080-\u{10ffff}-]+/uy;
const QUOTED = /"(?:\\[\t\x20-\x7e\u0080-\u{10ffff}]|[\t\x20!#-[\]-~\u0080-\u{10ffff}])*"/uy;
const SPACE = /[ \t]*/y;

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  get done(): boolean {
    return this.at >= this.text.length;
  }
  get place(): number {
    return this.at;
  }
  back(to: number): void {
    this.at = to;
  }
  peek(): string {
    return this.text[this.at] ?? '';
  }
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }
  eat(char: string): boolean {
    if (this.peek() !== char) return false;
    this.at++;
    return true;
  }

  space(): void {
    this.take(SPACE);
  }

  /** Spaces and comments; false where a comment does not end. */
  skip(): boolean {
    for (this.take(SPACE); this.peek() === '('; this.take(SPACE)) {
      let depth = 0;
      do {
        if (this.done) return false;
        const char = this.text[this.at++];
        if (char === '\\') this.at++;
        else if (char === '(') depth++;
        else if (char === ')') depth--;
      } while (depth > 0);
    }
    return true;
  }
}

const isDotAtom = (text: string | undefined): boolean =>
  text !== undefined && !text.startsWith('.') && !text.endsWith('.') && !text.includes('..');

function readLocal(reader: Reader): boolean {
  const quoted = reader.take(QUOTED);
  return quoted === undefined ? isDotAtom(reader.take(DOT_ATOM)) : quoted !== '""';
}

/** What stands behind the at-sign: a name, or an address in brackets. */
function readDomain(reader: Reader): boolean {
  reader.space();
  if (!reader.eat('[')) return isDotAtom(reader.take(DOT_ATOM));
  const literal = reader.take(/[!-Z^-~]*/y) ?? '';
  return reader.eat(']') && isLiteral(literal);
}

/** As net.ParseIP: an address of either kind, without a zone. */
const isLiteral = (text: string): boolean => isIP(text) !== 0 && !text.includes('%');

function readSpec(reader: Reader): boolean {
  const before = reader.place;
  if (readLocal(reader)) {
    reader.space();
    if (reader.eat('@') && readDomain(reader)) return true;
  }
  reader.back(before);
  return false;
}

/** The words before an address in angle brackets. */
function readPhrase(reader: Reader): boolean {
  let any = false;
  for (;;) {
    reader.space();
    const word = reader.take(QUOTED) ?? reader.take(ATOM);
    if (word === undefined) return any;
    any = true;
    // words may be joined by dots, as in `J. Doe`
    reader.take(/\.*/y);
  }
}

/** Undefined: none can be read. Otherwise how many addresses it is: a group has as many as it names. */
function readAddress(reader: Reader, groups: boolean): number | undefined {
  reader.space();
  if (readSpec(reader)) return reader.skip() ? 1 : undefined;
  if (reader.peek() !== '<' && !readPhrase(reader)) return undefined;
  reader.space();
  if (groups && reader.eat(':')) return readGroup(reader);
  const good = reader.eat('<') && readSpec(reader) && reader.eat('>') && reader.skip();
  return good ? 1 : undefined;
}

function readGroup(reader: Reader): number | undefined {
  if (!reader.skip()) return undefined;
  if (reader.eat(';')) return reader.skip() ? 0 : undefined;
  for (let count = 1; ; count++) {
    if (!reader.skip() || readAddress(reader, false) === undefined || !reader.skip()) return undefined;
    if (!reader.eat(',')) return reader.eat(';') && reader.skip() ? count : undefined;
  }
}

/** Whether net/mail's ParseAddress takes a text: one address, alone or with the name of who has it. */
export function isMailAddress(text: string): boolean {
  const reader = new Reader(text);
  return readAddress(reader, true) === 1 && reader.done;
}
