/** Deeper nesting than Go's decoder takes. */
export const MAX_DEPTH = 10_000;

const END = 'unexpected end of JSON input';
const LITERALS: Readonly<Record<string, string>> = { t: 'true', f: 'false', n: 'null' };
const ESCAPED = '"\\/bfnrt';
const isDigit = (c: string | undefined): boolean => c !== undefined && c >= '0' && c <= '9';

/** What needs no look in a string. */
// eslint-disable-next-line no-control-regex
const PLAIN = /[^"\\\x00-\x1f]*/y;

class SyntaxProblem extends Error {}

/** A character as Go shows it: that of the first byte, where it has several. */
function quoted(code: number): string {
  const c = String.fromCharCode(code);
  if (c === "'") return "'\\''";
  if (c === '"') return `'"'`;
  if (code >= 0x20 && code !== 0x7f && (code < 0x80 || code > 0xa0) && code !== 0xad)
    return c === '\\' ? "'\\\\'" : `'${c}'`;
  const short: Readonly<Record<number, string>> = { 7: 'a', 8: 'b', 9: 't', 10: 'n', 11: 'v', 12: 'f', 13: 'r' };
  if (short[code]) return `'\\${short[code]}'`;
  return code < 0x80 ? `'\\x${code.toString(16).padStart(2, '0')}'` : `'\\u${code.toString(16).padStart(4, '0')}'`;
}

/** Reads a text as Go's scanner does, to its first problem. */
class Scanner {
  private at = 0;
  /** @param areBytes each character of the text is a byte */
  constructor(
    private readonly text: string,
    private readonly areBytes: boolean,
  ) {}

  document(): void {
    this.values();
    this.space();
    if (this.at < this.text.length) throw this.problem('after top-level value');
  }

  /** `inToken`: no space may be here; Go reads one at the end of a text. */
  private problem(where: string, inToken = false): SyntaxProblem {
    if (this.at < this.text.length) return new SyntaxProblem(`invalid character ${quoted(this.byte())} ${where}`);
    return new SyntaxProblem(inToken ? `invalid character ' ' ${where}` : END);
  }
  private byte(): number {
    if (this.areBytes) return this.text.charCodeAt(this.at);
    return Buffer.from(String.fromCodePoint(this.text.codePointAt(this.at)!), 'utf8')[0]!;
  }
  private space(): void {
    for (;;) {
      const c = this.text.charCodeAt(this.at);
      if (c !== 32 && c !== 9 && c !== 13 && c !== 10) return;
      this.at++;
    }
  }
  private peek(): string | undefined {
    this.space();
    return this.text[this.at];
  }

  /** One value, without recursion: what is open is on a stack. */
  private values(): void {
    const open: ('{' | '[')[] = [];
    for (;;) {
      const c = this.peek();
      if (c === '{' || c === '[') {
        if (open.push(c) > MAX_DEPTH) throw this.problem('exceeded max depth');
        this.at++;
        if (this.peek() !== (c === '{' ? '}' : ']')) {
          if (c === '{') this.key();
          continue;
        }
        this.at++;
        open.pop();
      } else this.scalar(c);
      if (!this.closed(open)) return;
    }
  }

  /** What follows a value: true when another one does. */
  private closed(open: ('{' | '[')[]): boolean {
    for (;;) {
      const top = open.at(-1);
      if (!top) return false;
      const c = this.peek();
      if (c === ',') {
        this.at++;
        if (top === '{') this.key();
        return true;
      }
      if (c !== (top === '{' ? '}' : ']'))
        throw this.problem(top === '{' ? 'after object key:value pair' : 'after array element');
      this.at++;
      open.pop();
    }
  }

  private key(): void {
    if (this.peek() !== '"') throw this.problem('looking for beginning of object key string');
    this.string();
    if (this.peek() !== ':') throw this.problem('after object key');
    this.at++;
  }

  private scalar(c: string | undefined): void {
    if (c === '"') return this.string();
    if (c === '-' || isDigit(c)) return this.number();
    const literal = c === undefined ? undefined : LITERALS[c];
    if (!literal) throw this.problem('looking for beginning of value');
    for (let i = 1; i < literal.length; i++) {
      this.at++;
      if (this.text[this.at] !== literal[i])
        throw this.problem(`in literal ${literal} (expecting '${literal[i]}')`, true);
    }
    this.at++;
  }

  private string(): void {
    for (this.at++; ; this.at++) {
      PLAIN.lastIndex = this.at;
      PLAIN.test(this.text);
      this.at = PLAIN.lastIndex;
      const c = this.text[this.at];
      if (c === '"') break;
      if (c === undefined || c < ' ') throw this.problem('in string literal');
      if (c !== '\\') continue;
      const escaped = this.text[++this.at];
      if (escaped === 'u') {
        for (let i = 0; i < 4; i++)
          if (!/[0-9a-fA-F]/.test(this.text[++this.at] ?? ''))
            throw this.problem('in \\u hexadecimal character escape', true);
      } else if (escaped === undefined || !ESCAPED.includes(escaped)) throw this.problem('in string escape code', true);
    }
    this.at++;
  }

  private digits(where: string): void {
    if (!isDigit(this.text[this.at])) throw this.problem(where, true);
    while (isDigit(this.text[this.at])) this.at++;
  }
  private number(): void {
    if (this.text[this.at] === '-') this.at++;
    if (this.text[this.at] === '0') this.at++;
    else this.digits('in numeric literal');
    if (this.text[this.at] === '.') {
      this.at++;
      this.digits('after decimal point in numeric literal');
    }
    if (this.text[this.at] === 'e' || this.text[this.at] === 'E') {
      this.at++;
      if (this.text[this.at] === '+' || this.text[this.at] === '-') this.at++;
      this.digits('in exponent of numeric literal');
    }
  }
}

/** Why Go's decoder does not take a text, in its words (clients print them); undefined for good JSON. */
export const jsonSyntaxError = (text: string): string | undefined => problemOf(new Scanner(text, false));

/** The same of bytes, which need not be text. */
export const bytesSyntaxError = (bytes: Buffer): string | undefined =>
  problemOf(new Scanner(bytes.toString('latin1'), true));

function problemOf(scanner: Scanner): string | undefined {
  try {
    scanner.document();
  } catch (error) {
    if (error instanceof SyntaxProblem) return error.message;
    throw error;
  }
  return undefined;
}
