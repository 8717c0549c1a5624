import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { show, type RowResult } from './results.ts';

/** The committed numbers of a quick run, with the machine's calibration at that time. */
export interface Baseline {
  /** ms of the calibration loop */
  calibration: number;
  /** by row, a number for each measure */
  rows: Record<string, number[]>;
}

/** Below this share of the baseline a row is pointed out: short runs on a shared machine differ by a fifth. */
const SLOWER = 0.7;

export const readBaseline = (file: string): Baseline | undefined =>
  existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Baseline) : undefined;

/** A row that has failed keeps its number. */
export function writeBaseline(file: string, results: readonly RowResult[], calibration: number): void {
  const old = readBaseline(file);
  const rows: Baseline['rows'] = {};
  for (const { row } of results) if (old?.rows[row.name]) rows[row.name] = old.rows[row.name]!;
  for (const { row, values, error } of results)
    if (!error) rows[row.name] = values.map(({ median }) => Number(median.toPrecision(4)));
  writeFileSync(file, `${JSON.stringify({ calibration: Number(calibration.toFixed(2)), rows }, null, 2)}\n`);
}

/**
 * Ratios to the baseline, above 1 is better now. A machine that does the calibration loop in twice the time is
 * expected to have half the rates and twice the times; memory and counts do not depend on its speed.
 */
export function compare(
  results: readonly RowResult[],
  baseline: Baseline,
  calibration: number,
): { text: string; slower: string[] } {
  const speed = baseline.calibration / calibration;
  const slower: string[] = [];
  const lines = results.flatMap(({ row, values, error }) => {
    const then = baseline.rows[row.name];
    if (error) {
      slower.push(row.name);
      return [`  ${row.name.padEnd(22)} failed: ${error.split('\n')[0]}`];
    }
    return values.map(({ measure, median }, i) => {
      const before = then?.[i];
      if (!before || !median)
        return `  ${row.name.padEnd(22)} ${show(median, measure.unit).padStart(12)}   no baseline`;
      const depends = measure.unit !== 'MB' && measure.unit !== 'cut';
      const ratio =
        measure.better === 'more'
          ? median / before / (depends ? speed : 1)
          : (before / median) * (depends ? 1 / speed : 1);
      if (ratio < SLOWER) slower.push(row.name);
      return `  ${row.name.padEnd(22)} ${show(median, measure.unit).padStart(12)}   ×${ratio.toFixed(2)}${ratio < SLOWER ? '  slower' : ''}`;
    });
  });
  const head = `calibration ${calibration.toFixed(1)} ms, baseline ${baseline.calibration.toFixed(1)} ms: this machine is ×${speed.toFixed(2)} as fast`;
  return { text: [head, ...lines].join('\n'), slower };
}
