import { createRequire } from 'node:module';
import type { Problem } from './problem.ts';
import tables from '../../schema/cel.json' with { type: 'json' };

interface Listener {
  syntaxError(recognizer: unknown, symbol: unknown, line: number, column: number, text: string): void;
  reportAmbiguity(): void;
  reportAttemptingFullContext(): void;
  reportContextSensitivity(): void;
}
interface Recognizer {
  removeErrorListeners(): void;
  addErrorListener(listener: Listener): void;
  parse(rule: number): unknown;
}
/** What is used of the package antlr4ng. */
interface Runtime {
  ATNDeserializer: new () => { deserialize(data: number[]): unknown };
  Vocabulary: new (literals: unknown, symbols: unknown, display: unknown) => unknown;
  CharStream: { fromString(text: string): unknown };
  LexerInterpreter: new (...of: unknown[]) => Recognizer;
  CommonTokenStream: new (lexer: Recognizer) => unknown;
  ParserInterpreter: new (...of: unknown[]) => Recognizer;
}
type Parse = (text: string, listener: Listener) => void;

function load(): Parse {
  const antlr = createRequire(import.meta.url)('antlr4ng') as Runtime;
  const { parser, lexer } = tables;
  const [parserNetwork, lexerNetwork] = [parser.atn, lexer.atn].map((atn) =>
    new antlr.ATNDeserializer().deserialize(atn),
  );
  const vocabulary = new antlr.Vocabulary(parser.literals, parser.symbols, []);
  const listen = (to: Recognizer, listener: Listener): void => {
    to.removeErrorListeners();
    to.addErrorListener(listener);
  };
  return (text, listener) => {
    const input = antlr.CharStream.fromString(text);
    const tokens = new antlr.LexerInterpreter(
      'CEL',
      vocabulary,
      lexer.rules,
      lexer.channels,
      lexer.modes,
      lexerNetwork,
      input,
    );
    listen(tokens, listener);
    const reader = new antlr.ParserInterpreter(
      'CEL',
      vocabulary,
      parser.rules,
      parserNetwork,
      new antlr.CommonTokenStream(tokens),
    );
    listen(reader, listener);
    reader.parse(0);
  };
}

let parse: Parse | undefined;
const NOTHING = (): void => {};
/** So many mistakes are told of one expression. */
const MAX_PROBLEMS = 30;
/** UTF-16 units. The tables' parser takes some 10 µs for each, and more where it has to look far ahead. */
const MAX_SIZE = 1000;
/** A word that is no name where a name should be. */
const NO_NAME = /^no viable alternative at input '\.(true|false|null)'$/;

class TooMany extends Error {}

/**
 * What the grammar has against an expression that it does not have, in the words that clients know: ANTLR's, on the tables
 * of CEL's grammar (`schema/cel.json`). Of a very long one only where it is none any more.
 * @param failedAt where a parser that reads only what is good stopped
 */
export function syntaxProblems(expression: string, failedAt: number): Problem[] {
  if (expression.length > MAX_SIZE) {
    const found = /^(?:\w+|.|$)/su.exec(expression.slice(failedAt, failedAt + 40))?.[0] || '<EOF>';
    return [{ at: failedAt, text: `Syntax error: mismatched input '${found}'` }];
  }
  const lines = expression.split('\n');
  const placeOf = (line: number, column: number): number => {
    const before = lines.slice(0, line - 1).reduce((sum, { length }) => sum + length + 1, 0);
    return before + [...(lines[line - 1] ?? '')].slice(0, column).join('').length;
  };
  const found: Problem[] = [];
  parse ??= load();
  try {
    parse(expression, {
      syntaxError: (_, __, line, column, text) => {
        const words = text.replace(NO_NAME, "mismatched input '$1' expecting IDENTIFIER");
        found.push({ at: placeOf(line, column), text: `Syntax error: ${words}` });
        if (found.length >= MAX_PROBLEMS) throw new TooMany();
      },
      // ambiguities of the grammar are no mistakes
      reportAmbiguity: NOTHING,
      reportAttemptingFullContext: NOTHING,
      reportContextSensitivity: NOTHING,
    });
  } catch (error) {
    if (!(error instanceof TooMany)) throw error;
  }
  return found;
}
