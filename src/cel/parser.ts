import type { Entry, FieldValue, Node } from './ast.ts';
import { SyntaxFailure, tokensOf, type Token } from './lexer.ts';
import { MacroError, unfold, unfoldHas } from './macros.ts';
import type { Problem } from './problem.ts';
import { unquoteBytes, unquoteText } from './unquote.ts';
import { Double, MAX_INT, MAX_UINT, MIN_INT, Uint, whole, type Value } from './values.ts';

/** Bounds of cel-go: expressions within expressions, and operators, selections and calls within each other. */
const MAX_DEPTH = 250;
/** code points */
const MAX_SIZE = 100_000;

const RESERVED = new Set(
  'as break const continue else false for function if import in let loop package namespace null return true var void while'.split(
    ' ',
  ),
);
const RELATIONS = new Set(['<', '<=', '>=', '>', '==', '!=', 'in']);
const TERMS = new Set(['+', '-']);
const FACTORS = new Set(['*', '/', '%']);
const depthOf = (...nodes: readonly Node[]): number => {
  let depth = 0;
  for (const node of nodes) if (node.depth > depth) depth = node.depth;
  return depth;
};

/** Of an expression that is nested too deeply. */
class TooDeep extends Error {}

/** Reads the grammar from left to right and never goes back; its own stack is as deep as the grammar's rules allow. */
class Parser {
  readonly problems: Problem[] = [];
  private readonly tokens: readonly Token[];
  private next = 0;
  private nested = 0;

  constructor(
    expression: string,
    private readonly binds: boolean,
  ) {
    this.tokens = tokensOf(expression);
  }

  parse(): Node {
    const node = this.expr();
    if (this.token.kind !== 'end') throw this.failure();
    if (node.depth > MAX_DEPTH) throw new TooDeep('max recursion depth exceeded');
    return node;
  }

  /** Of the word that was read last, or is to be read. */
  private failure(): SyntaxFailure {
    return new SyntaxFailure((this.tokens[this.next] ?? (this.tokens.at(-1) as Token)).at);
  }
  private get token(): Token {
    return this.tokens[this.next] as Token;
  }
  private take(): Token {
    return this.tokens[this.next++] as Token;
  }
  private is(symbol: string): boolean {
    const { kind, text } = this.token;
    return kind === 'symbol' && text === symbol;
  }
  private accept(symbol: string): boolean {
    if (!this.is(symbol)) return false;
    this.next++;
    return true;
  }
  private expect(symbol: string): Token {
    if (!this.is(symbol)) throw this.failure();
    return this.take();
  }
  private name(): Token {
    if (this.token.kind !== 'ident') throw this.failure();
    return this.take();
  }
  /** A mistake of which the rest can still be read. */
  private report(at: number, text: string): Node {
    this.problems.push({ at, text });
    return { kind: 'literal', at, depth: 0, value: null };
  }
  private literal(at: number, value: Value): Node {
    return { kind: 'literal', at, depth: 0, value };
  }
  private operator(name: string, at: number, args: readonly Node[]): Node {
    return { kind: 'call', at, depth: depthOf(...args) + 1, name, target: undefined, args };
  }

  private expr(): Node {
    if (++this.nested > MAX_DEPTH) throw new TooDeep(`expression recursion limit exceeded: ${MAX_DEPTH}`);
    let node = this.or();
    if (this.is('?')) {
      const { at } = this.take();
      const yes = this.or();
      this.expect(':');
      node = this.operator('_?_:_', at, [node, yes, this.expr()]);
    }
    this.nested--;
    return node;
  }
  private or(): Node {
    return this.chain('||', '_||_', () => this.chain('&&', '_&&_', () => this.relation()));
  }
  /** `a && b && c …` as a tree that is as flat as can be. */
  private chain(symbol: string, name: string, operand: () => Node): Node {
    const terms = [operand()];
    const places: number[] = [];
    while (this.is(symbol)) {
      places.push(this.take().at);
      terms.push(operand());
    }
    const balance = (low: number, high: number): Node => {
      const middle = (low + high + 1) >> 1;
      const left = middle === low ? (terms[middle] as Node) : balance(low, middle - 1);
      const right = middle === high ? (terms[middle + 1] as Node) : balance(middle + 1, high);
      const depth = depthOf(left, right);
      return { kind: 'call', at: places[middle] as number, depth, name, target: undefined, args: [left, right] };
    };
    return places.length === 0 ? (terms[0] as Node) : balance(0, places.length - 1);
  }
  private binary(symbols: ReadonlySet<string>, operand: () => Node): Node {
    let node = operand();
    while (this.token.kind === 'symbol' && symbols.has(this.token.text)) {
      const { at, text } = this.take();
      node = this.operator(text === 'in' ? '@in' : `_${text}_`, at, [node, operand()]);
    }
    return node;
  }
  private relation(): Node {
    return this.binary(RELATIONS, () => this.binary(TERMS, () => this.binary(FACTORS, () => this.unary())));
  }

  private unary(): Node {
    const first = this.token;
    for (const [symbol, name] of [
      ['!', '!_'],
      ['-', '-_'],
    ] as const) {
      if (!this.is(symbol) || (symbol === '-' && this.isNegative())) continue;
      let count = 0;
      while (this.is(symbol)) {
        this.next++;
        count++;
      }
      const operand = this.member();
      if (count % 2 === 0) return operand;
      const { depth } = operand;
      return { kind: 'call', at: first.at, depth, name, target: undefined, args: [operand] };
    }
    return this.member();
  }
  /** `-1` is a literal, `--1` is not. */
  private isNegative(): boolean {
    const kind = this.tokens[this.next + 1]?.kind;
    return kind === 'int' || kind === 'double';
  }

  private member(): Node {
    let node = this.primary();
    for (;;) {
      if (this.is('.')) node = this.field(node, this.take().at);
      else if (this.is('[')) {
        const { at } = this.take();
        const name = this.accept('?') ? '_[?_]' : '_[_]';
        node = this.operator(name, at, [node, this.expr()]);
        this.expect(']');
      } else return node;
    }
  }
  private field(operand: Node, at: number): Node {
    const depth = operand.depth + 1;
    const optional = this.accept('?');
    const { kind, text, at: place } = this.take();
    if (kind === 'escaped') this.report(place, "unsupported syntax: '`'");
    else if (kind !== 'ident') throw this.failure();
    const field = kind === 'escaped' ? text.slice(1, -1) : text;
    if (optional) {
      const name = this.literal(place, field);
      return { kind: 'call', at, depth, name: '_?._', target: undefined, args: [operand, name] };
    }
    if (kind === 'escaped' || !this.is('(')) return { kind: 'select', at, depth, operand, field, test: false };
    const open = this.take();
    const args = this.args();
    const inner = Math.max(depth, depthOf(...args) + 1);
    const macro = unfold(text, operand, args, open.at, inner, this.binds);
    if (macro === undefined) return { kind: 'call', at: open.at, depth: inner, name: text, target: operand, args };
    return macro instanceof MacroError ? this.report(macro.at, macro.text) : macro;
  }
  private args(): Node[] {
    const args: Node[] = [];
    if (this.accept(')')) return args;
    do args.push(this.expr());
    while (this.accept(','));
    this.expect(')');
    return args;
  }

  private primary(): Node {
    const { kind, text, at } = this.token;
    switch (kind) {
      case 'ident':
        return this.named('', at);
      case 'symbol':
        return this.opened(text, at);
      case 'int':
      case 'double':
      case 'uint':
        this.next++;
        return this.number(kind, text, at);
      case 'string': {
        this.next++;
        const value = unquoteText(text);
        return value === undefined ? this.report(at, 'invalid unicode code point') : this.literal(at, value);
      }
      case 'bytes': {
        this.next++;
        const value = unquoteBytes(text.slice(1));
        return value === undefined ? this.report(at, 'unable to unescape string') : this.literal(at, value);
      }
      default:
        throw this.failure();
    }
  }
  private opened(symbol: string, at: number): Node {
    this.next++;
    switch (symbol) {
      case '(': {
        const node = this.expr();
        this.expect(')');
        return node;
      }
      case '[':
        return this.list(at);
      case '{':
        return this.map(at);
      case '.':
        return this.named('.', at);
      case '-': {
        const { kind, text } = this.take();
        if (kind !== 'int' && kind !== 'double') throw this.failure();
        return this.number(kind, `-${text}`, at);
      }
      case 'true':
      case 'false':
        return this.literal(at, symbol === 'true');
      case 'null':
        return this.literal(at, null);
      default:
        throw this.failure();
    }
  }
  private number(kind: 'int' | 'uint' | 'double', text: string, at: number): Node {
    if (kind === 'double') {
      const value = Number(text);
      return Number.isFinite(value) ? this.literal(at, new Double(value)) : this.report(at, 'invalid double literal');
    }
    const digits = kind === 'uint' ? text.slice(0, -1) : text;
    const negative = digits.startsWith('-');
    const value = negative ? -BigInt(digits.slice(1)) : BigInt(digits);
    if (kind === 'uint')
      return value > MAX_UINT ? this.report(at, 'invalid uint literal') : this.literal(at, new Uint(whole(value)));
    return value < MIN_INT || value > MAX_INT ? this.report(at, 'invalid int literal') : this.literal(at, whole(value));
  }

  /** A variable, a call, or an object of a named type. */
  private named(dot: string, at: number): Node {
    const { text: name, at: place } = this.name();
    if (this.isStruct()) return this.struct(dot + name);
    const reserved = RESERVED.has(name);
    if (!this.is('(')) {
      if (reserved) return this.report(at, `reserved identifier: ${name}`);
      return { kind: 'ident', at: place, depth: 0, name: dot + name };
    }
    const open = this.take();
    const args = this.args();
    if (reserved) return this.report(at, `reserved identifier: ${name}`);
    const depth = depthOf(...args);
    const [only] = args;
    if (name === 'has' && only && args.length === 1) {
      const node = unfoldHas(only, open.at, depth);
      return node instanceof MacroError ? this.report(node.at, node.text) : node;
    }
    return { kind: 'call', at: open.at, depth, name: dot + name, target: undefined, args };
  }
  private isStruct(): boolean {
    let at = this.next;
    while (this.tokens[at]?.text === '.' && this.tokens[at + 1]?.kind === 'ident') at += 2;
    const { kind, text } = this.tokens[at] as Token;
    return kind === 'symbol' && text === '{';
  }
  private struct(first: string): Node {
    let name = first;
    while (this.accept('.')) name += `.${this.name().text}`;
    const { at } = this.expect('{');
    const fields: FieldValue[] = [];
    while (!this.is('}') && !this.is(',')) {
      const optional = this.accept('?');
      const { kind, text, at: place } = this.take();
      if (kind !== 'ident' && kind !== 'escaped') throw this.failure();
      if (kind === 'escaped') this.report(place, "unsupported syntax: '`'");
      const { at: colon } = this.expect(':');
      fields.push({
        name: text,
        value: this.expr(),
        optional,
        at: colon,
      });
      if (!this.comma('}')) break;
    }
    this.accept(',');
    this.expect('}');
    return { kind: 'struct', at, depth: depthOf(...fields.map(({ value }) => value)), name, fields };
  }
  /** A comma that another item follows. */
  private comma(close: string): boolean {
    const after = this.tokens[this.next + 1];
    if (!this.is(',') || (after?.kind === 'symbol' && after.text === close)) return false;
    this.next++;
    return true;
  }
  private list(at: number): Node {
    const items: Node[] = [];
    const optional = new Set<number>();
    while (!this.is(']') && !this.is(',')) {
      if (this.accept('?')) optional.add(items.length);
      items.push(this.expr());
      if (!this.comma(']')) break;
    }
    this.accept(',');
    this.expect(']');
    return { kind: 'list', at, depth: depthOf(...items), items, optional };
  }
  private map(at: number): Node {
    const entries: Entry[] = [];
    while (!this.is('}') && !this.is(',')) {
      const optional = this.accept('?');
      const key = this.expr();
      this.expect(':');
      entries.push({ key, value: this.expr(), optional });
      if (!this.comma('}')) break;
    }
    this.accept(',');
    this.expect('}');
    const depth = depthOf(...entries.flatMap(({ key, value }) => [key, value]));
    return { kind: 'map', at, depth, entries };
  }
}

/**
 * Either an expression, or what is wrong with it, or where the grammar has it not.
 * @param binds may it use `cel.bind`?
 */
export function parse(
  expression: string,
  binds: boolean,
): { node: Node } | { problems: readonly Problem[] } | { failedAt: number } {
  const size = expression.length > MAX_SIZE ? [...expression].length : 0;
  if (size > MAX_SIZE) {
    const text = `expression code point size exceeds limit: size: ${size}, limit ${MAX_SIZE}`;
    return { problems: [{ at: -1, text }] };
  }
  try {
    const parser = new Parser(expression, binds);
    const node = parser.parse();
    return parser.problems.length ? { problems: parser.problems } : { node };
  } catch (error) {
    if (error instanceof SyntaxFailure) return { failedAt: error.at };
    if (error instanceof TooDeep) return { problems: [{ at: -1, text: error.message }] };
    throw error;
  }
}
