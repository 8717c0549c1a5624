/**
 * What is wrong with a CEL expression in the form that clients of Kubernetes see: place, words of cel-go's parser, the
 * line and a mark below it. For mistakes that cel-go words by its grammar's tables the parser's own words stand there.
 */
const OPERAND = "expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

function words(text: string, expression: string, at: number): string {
  const found = expression.slice(at).match(/^(\w+|[=!<>]=|&&|\|\||.)/s)?.[0];
  if (text.startsWith('Expected IDENTIFIER')) return `no viable alternative at input '.${found ?? ''}'`;
  if (text.startsWith('Unexpected token')) return `mismatched input '${found ?? '<EOF>'}' ${OPERAND}`;
  if (text.startsWith('Unterminated string')) return `token recognition error at: '${expression.slice(at)}'`;
  return text;
}

/** @param error what compileCel threw for `expression` */
export function celSyntaxError(error: Error, expression: string): string {
  const text = error.message.split('\n')[0] as string;
  const at = (error as { node?: { pos?: number } }).node?.pos;
  if (at === undefined) return text;
  const before = expression.slice(0, at).split('\n');
  const column = (before.at(-1) as string).length;
  const line = expression.split('\n')[before.length - 1] as string;
  return `ERROR: <input>:${before.length}:${column + 1}: Syntax error: ${words(text, expression, at)}\n | ${line}\n | ${'.'.repeat(column)}^`;
}
