import { Lexer, Parser } from 'yaml';

/**
 * Whether a YAML text has more than so many levels. The package `yaml` calls itself for each when it makes a document, and
 * where that comes near the end of the stack, compiling an expression ends the process, which nothing catches: whoever
 * reads what others wrote asks this first. It goes through the text once, and does not call itself.
 */
export function isYamlDeeper(text: string, levels: number): boolean {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme)) continue;
    if (parser.stack.length > levels) return true;
  }
  return false;
}
