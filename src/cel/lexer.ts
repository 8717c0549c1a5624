/** The words of an expression, as CEL.g4 has them. */
export type TokenKind = 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'ident' | 'end' | 'symbol' | 'escaped';
export interface Token {
  readonly kind: TokenKind;
  /** of a symbol, what it is; `in`, `true`, `false` and `null` are symbols */
  readonly text: string;
  /** UTF-16 units */
  readonly at: number;
}

/** The grammar does not have this expression; which words it misses is said by the grammar's own tables. */
export class SyntaxFailure extends Error {
  /** UTF-16 units */
  constructor(readonly at: number) {
    super();
  }
}

const ESCAPE = String.raw`\\(?:[abfnrtv"'\\?\x60]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})`;
const raw = (quote: string): string =>
  `[rR](?:${quote.repeat(3)}[^]*?${quote.repeat(3)}|${quote}[^${quote}\n\r]*${quote})`;
const cooked = (quote: string): string =>
  `${quote.repeat(3)}(?:${ESCAPE}|[^\\\\])*?${quote.repeat(3)}|${quote}(?:${ESCAPE}|[^\\\\${quote}\n\r])*${quote}`;
const STRING = `(?:${raw('"')}|${raw("'")}|${cooked('"')}|${cooked("'")})`;

/** In the order in which they are tried; what is longer stands before what it starts with. */
const TOKENS = new RegExp(
  [
    String.raw`(?<space>[\t \r\n\f]+|//[^\n]*)`,
    String.raw`(?<double>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)`,
    String.raw`(?<uint>(?:0x[0-9a-fA-F]+|\d+)[uU])`,
    String.raw`(?<int>0x[0-9a-fA-F]+|\d+)`,
    `(?<bytes>[bB]${STRING})`,
    `(?<string>${STRING})`,
    String.raw`(?<escaped>\x60[a-zA-Z0-9_.\-/ ]+\x60)`,
    '(?<ident>[A-Za-z_][A-Za-z0-9_]*)',
    String.raw`(?<symbol>==|!=|<=|>=|&&|\|\||[<>[\]{}().,\-!?:+*/%])`,
  ].join('|'),
  'y',
);
const WORDS = new Set(['in', 'true', 'false', 'null']);

/** Throws SyntaxFailure where something is no word. */
export function tokensOf(expression: string): Token[] {
  const tokens: Token[] = [];
  TOKENS.lastIndex = 0;
  for (let at = 0; at < expression.length; at = TOKENS.lastIndex) {
    const found = TOKENS.exec(expression);
    if (!found) throw new SyntaxFailure(at);
    const groups = found.groups as Record<string, string | undefined>;
    if (groups['space'] !== undefined) continue;
    const [text] = found;
    const kind = KINDS.find((name) => groups[name] !== undefined) as TokenKind;
    tokens.push({ kind: kind === 'ident' && WORDS.has(text) ? 'symbol' : kind, text, at });
  }
  tokens.push({ kind: 'end', text: '', at: expression.length });
  return tokens;
}
const KINDS: readonly TokenKind[] = ['ident', 'symbol', 'int', 'string', 'double', 'uint', 'bytes', 'escaped'];
