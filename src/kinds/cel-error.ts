import { placeOf, showProblems, type CelProblem } from './cel/error-text.ts';
import { syntaxErrors } from './cel/grammar.ts';

const RESERVED = new Set(
  'as break const continue else for function if import let loop package namespace return var void while'.split(' '),
);

/**
 * What is wrong with a CEL expression in the form that clients of Kubernetes see: place, words of cel-go's parser, the
 * line and a mark below it. What the grammar lets through is told in the words of the package.
 * @param error what compileCel threw for `expression`
 */
export function celSyntaxError(error: Error, expression: string): string {
  const found = syntaxErrors(expression);
  return showProblems(expression, found.length ? found : [beyondGrammar(error, expression)]);
}

function beyondGrammar(error: Error, expression: string): CelProblem {
  const word = [...expression.matchAll(/\w+/g)].find((match) => RESERVED.has(match[0]));
  if (word) return { ...placeOf(expression, word.index), text: `Syntax error: reserved identifier: ${word[0]}` };
  const at = (error as { node?: { pos?: number } }).node?.pos ?? 0;
  return { ...placeOf(expression, at), text: `Syntax error: ${error.message.split('\n')[0]}` };
}
