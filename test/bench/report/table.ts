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
      lines.push([
        title,
        reference === undefined ? '–' : show(reference, unit),
        `${sign} ${show(goal, unit)}`,
        show(median, unit),
        reached(measure, median) ? 'yes' : 'no',
        cost && !label ? `${cost.toFixed(2)} ms` : '',
      ]);
    }
  }
  return markdown(lines[0]!, lines.slice(1));
}

/** A Markdown table whose columns are aligned. */
export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(3, title.length, ...rows.map((row) => row[column]!.length)));
  const print = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  return [print(head), print(widths.map((width) => '-'.repeat(width))), ...rows.map(print)].join('\n');
}
