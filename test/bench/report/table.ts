import { reached, show, type RowResult } from './results.ts';

/** The table that is printed, as Markdown, so that it can be put into a document as it is. */
export function table(results: readonly RowResult[]): string {
  const lines: string[][] = [['work', 'kube-apiserver + etcd', 'goal', 'measured', 'reached', 'CPU each']];
  for (const { row, values, cost, error } of results) {
    if (error) lines.push([row.title, '', '', `failed: ${error.split('\n')[0]}`, 'no', '']);
    for (const { measure, median } of values) {
      const { label, reference, goal, unit, better } = measure;
      const title = label ? `${row.title}: ${label}` : row.title;
      const sign = better === 'more' ? '≥' : '≤';
      lines.push([title, reference === undefined ? '–' : show(reference, unit), `${sign} ${show(goal, unit)}`, show(median, unit), reached(measure, median) ? 'yes' : 'no', cost && !label ? `${cost.toFixed(2)} ms` : '']);
    }
  }
  const widths = lines[0]!.map((_, column) => Math.max(3, ...lines.map((line) => line[column]!.length)));
  const print = (cells: readonly string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  return [print(lines[0]!), print(widths.map((width) => '-'.repeat(width))), ...lines.slice(1).map(print)].join('\n');
}
