import { createRequire } from 'node:module';
import tables from '../../../schema/cel.json' with { type: 'json' };

/**
 * The parser whose words clients know: ANTLR's, on the tables of CEL's grammar (`schema/cel.json`). It only runs on
 * expressions that are wrong, to say how; so the runtime is loaded with the first of these.
 */
export interface SyntaxError {
  /** from 1 */
  line: number;
  /** from 0, in characters */
  column: number;
  text: string;
}

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
const MAX_ERRORS = 100;

/** The mistakes that the grammar finds in an expression, in the order of their places. */
export function syntaxErrors(expression: string): SyntaxError[] {
  const found: SyntaxError[] = [];
  parse ??= load();
  parse(expression, {
    syntaxError: (_, __, line, column, text) => {
      if (found.length < MAX_ERRORS) found.push({ line, column, text: `Syntax error: ${text}` });
    },
    // ambiguities of the grammar are no mistakes
    reportAmbiguity: NOTHING,
    reportAttemptingFullContext: NOTHING,
    reportContextSensitivity: NOTHING,
  });
  return found.sort((a, b) => a.line - b.line || a.column - b.column);
}
