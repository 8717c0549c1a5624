/**
 * Whether a text is JSON of a Go type, in the words of Go's encoding/json (its scanner's states, and the type error where
 * it is JSON of another kind). Clients see them for docker configurations in Secrets and for a
 * Node's old annotations.
 */
const SPACE = new Set([' ', '\t', '\r', '\n']);
const LITERALS = ['true', 'false', 'null'];
const END = 'unexpected end of JSON input';
const quote = (c: string): string => (c === "'" ? "'\\''" : c === '"' ? `'"'` : `'${JSON.stringify(c).slice(1, -1)}'`);

class Scanner {
  private at = 0;
  constructor(private readonly text: string) {}

  /** undefined: good */
  document(): string | undefined {
    return this.value() ?? (this.skip() === undefined ? undefined : this.bad('after top-level value'));
  }

  private skip(): string | undefined {
    while (SPACE.has(this.text[this.at] as string)) this.at++;
    return this.text[this.at];
  }

  private bad(where: string): string {
    const c = this.text[this.at];
    return c === undefined ? END : `invalid character ${quote(c)} ${where}`;
  }

  private value(): string | undefined {
    const c = this.skip();
    if (c === '{') return this.members();
    if (c === '[') return this.items();
    if (c === '"') return this.string();
    if (c !== undefined && /[-0-9]/.test(c)) return this.number();
    const literal = LITERALS.find((word) => word[0] === c);
    return literal ? this.literal(literal) : this.bad('looking for beginning of value');
  }

  private literal(word: string): string | undefined {
    for (const c of word) {
      if (this.text[this.at] !== c) return this.bad(`in literal ${word} (expecting '${c}')`);
      this.at++;
    }
    return undefined;
  }

  private string(): string | undefined {
    for (this.at++; this.text[this.at] !== '"'; this.at++) {
      const c = this.text[this.at];
      if (c === undefined || c < ' ') return this.bad('in string literal');
      if (c !== '\\') continue;
      const escape = this.text[++this.at];
      if (escape === 'u') {
        for (let i = 0; i < 4; i++)
          if (!/[0-9a-fA-F]/.test(this.text[++this.at] ?? '')) return this.bad('in \\u hexadecimal character escape');
      } else if (escape === undefined || !'bfnrt\\/"'.includes(escape)) return this.bad('in string escape code');
    }
    this.at++;
    return undefined;
  }

  private digits(where: string): string | undefined {
    if (!/[0-9]/.test(this.text[this.at] ?? '')) return this.bad(where);
    while (/[0-9]/.test(this.text[this.at] ?? '')) this.at++;
    return undefined;
  }

  private number(): string | undefined {
    if (this.text[this.at] === '-') this.at++;
    if (this.text[this.at] === '0') this.at++;
    else {
      const error = this.digits('in numeric literal');
      if (error) return error;
    }
    if (this.text[this.at] === '.') {
      this.at++;
      const error = this.digits('after decimal point in numeric literal');
      if (error) return error;
    }
    if (!/[eE]/.test(this.text[this.at] ?? '')) return undefined;
    this.at++;
    if (/[-+]/.test(this.text[this.at] ?? '')) this.at++;
    return this.digits('in exponent of numeric literal');
  }

  private items(): string | undefined {
    this.at++;
    if (this.skip() === ']') return void this.at++;
    for (;;) {
      const error = this.value();
      if (error) return error;
      const c = this.skip();
      if (c !== ',' && c !== ']') return this.bad('after array element');
      this.at++;
      if (c === ']') return undefined;
    }
  }

  private members(): string | undefined {
    this.at++;
    if (this.skip() === '}') return void this.at++;
    for (;;) {
      if (this.skip() !== '"') return this.bad('looking for beginning of object key string');
      let error = this.string();
      if (error) return error;
      if (this.skip() !== ':') return this.bad('after object key');
      this.at++;
      error = this.value();
      if (error) return error;
      const c = this.skip();
      if (c !== ',' && c !== '}') return this.bad('after object key:value pair');
      this.at++;
      if (c === '}') return undefined;
    }
  }
}

const kindOf = (value: unknown): string =>
  Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;

/** The error for a text that is no JSON of a Go type (an object, or a list if it says so); null is good for each. */
export function jsonError(text: string, type: string): string | undefined {
  const error = nested(text) ? 'exceeded max depth' : new Scanner(text).document();
  if (error) return error;
  const value: unknown = JSON.parse(text);
  const fits = typeof value === 'object' && Array.isArray(value) === type.startsWith('[]');
  return value === null || fits ? undefined : `json: cannot unmarshal ${kindOf(value)} into Go value of type ${type}`;
}

/** The error for a text that is no JSON object (or null); undefined where it is one. */
export const jsonObjectError = (text: string): string | undefined => jsonError(text, 'map[string]interface {}');

/** Go's decoder stops at a depth of 10,000; the scanner above is recursive and stops before the stack does. */
const MAX_DEPTH = 1000;
function nested(text: string): boolean {
  let depth = 0;
  for (const c of text) {
    if (c === '{' || c === '[') {
      if (++depth > MAX_DEPTH) return true;
    } else if (c === '}' || c === ']') depth--;
  }
  return false;
}
