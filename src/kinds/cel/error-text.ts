/** Where in an expression a mistake is, and what it is. */
export interface CelProblem {
  /** from 1 */
  line: number;
  /** from 0, in characters */
  column: number;
  text: string;
}

/** A character of more than one byte is pointed at by wide marks. */
const mark = (char: string | undefined, narrow: string, wide: string): string =>
  char !== undefined && Buffer.byteLength(char) > 1 ? wide : narrow;

/** A mistake as cel-go shows it: its place, words, the line and a mark below. */
function show(expression: string, { line, column, text }: CelProblem): string {
  const snippet = (expression.split('\n')[line - 1] ?? '').replaceAll('\t', ' ');
  const chars = [...snippet];
  const dots = chars
    .slice(0, column)
    .map((char) => mark(char, '.', '．'))
    .join('');
  return `ERROR: <input>:${line}:${column + 1}: ${text}\n | ${snippet}\n | ${dots}${mark(chars[column], '^', '＾')}`;
}

export const showProblems = (expression: string, problems: readonly CelProblem[]): string =>
  problems.map((problem) => show(expression, problem)).join('\n');

/** Line and column of an offset in UTF-16 units. */
export function placeOf(expression: string, offset: number): { line: number; column: number } {
  const before = expression.slice(0, offset).split('\n');
  return { line: before.length, column: [...(before.at(-1) as string)].length };
}
