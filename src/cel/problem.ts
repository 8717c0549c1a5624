/** Where in an expression a mistake is, and what it is. */
export interface Problem {
  /** in UTF-16 units; -1: of the expression as a whole */
  at: number;
  text: string;
}

/** So many mistakes are told of one expression. */
const MAX_PROBLEMS = 100;
/** A line longer than this (bytes) is not shown. */
const MAX_SNIPPET = 16_384;

/** A character of more than one byte is pointed at by wide marks. */
const mark = (char: string | undefined, narrow: string, wide: string): string =>
  char !== undefined && Buffer.byteLength(char) > 1 ? wide : narrow;

interface Placed {
  /** from 1 */
  line: number;
  /** from 0, in characters */
  column: number;
  text: string;
}

/** A mistake as cel-go shows it: its place, words, the line and a mark below. */
function show(lines: readonly string[], { line, column, text }: Placed): string {
  const head = `ERROR: <input>:${line}:${column + 1}: ${text}`;
  const snippet = lines[line - 1]?.replaceAll('\t', ' ');
  if (snippet === undefined || Buffer.byteLength(snippet) > MAX_SNIPPET) return head;
  const chars = [...snippet];
  const dots = chars
    .slice(0, column)
    .map((char) => mark(char, '.', '．'))
    .join('');
  return `${head}\n | ${snippet}\n | ${dots}${mark(chars[column], '^', '＾')}`;
}

/** All mistakes of an expression in the order of their places, as cel-go shows them. */
export function showProblems(expression: string, problems: readonly Problem[]): string {
  const lines = expression.split('\n');
  const starts = [0];
  for (const line of lines) starts.push((starts.at(-1) as number) + line.length + 1);
  const place = ({ at, text }: Problem): Placed => {
    if (at < 0) return { line: -1, column: -1, text };
    let line = 1;
    while (line < lines.length && (starts[line] as number) <= at) line++;
    const start = starts[line - 1] as number;
    return { line, column: Array.from(expression.slice(start, at)).length, text };
  };
  const told = problems.slice(0, MAX_PROBLEMS).map(place);
  told.sort((a, b) => a.line - b.line || a.column - b.column);
  const shown = told.map((problem) => show(lines, problem));
  if (problems.length > MAX_PROBLEMS) shown.push(`${problems.length - MAX_PROBLEMS} more errors were truncated`);
  return shown.join('\n');
}
