import type { LogLine } from './contract.ts';

/** Lines as the text of one row: of each the µs since the first, its stream, and what was written. */
export const bodyOf = (lines: readonly LogLine[], oldest: number): string =>
  lines.map(({ at, stream, text }) => `${at - oldest} ${stream} ${text}`).join('\n');

/** Postgres' text has no NUL, and a newline ends a line. */
export const cleanText = (text: string): string => (/[\0\n]/.test(text) ? text.replace(/[\0\n]/g, '\uFFFD') : text);

/** The lines of a row, in the order in which they were written. */
export function linesOf({ oldest, body }: { oldest: number; body: string }): LogLine[] {
  const lines: LogLine[] = [];
  for (const line of body.split('\n')) {
    const space = line.indexOf(' ');
    const stream = line[space + 1] === 'e' ? 'e' : 'o';
    lines.push({ at: oldest + Number(line.slice(0, space)), stream, text: line.slice(space + 3) });
  }
  return lines;
}
