import type { Measure, Row } from '../row.ts';

/** What a row has given: for each measure the median, and all runs. */
export interface RowResult {
  row: Row;
  values: { measure: Measure; median: number; runs: number[] }[];
  /** ms of CPU, server and Postgres, for one of its requests: unlike a rate it hardly suffers from a busy machine */
  cost: number;
  error?: string;
}

/** How good a value is as a share of its goal: 1 is reached, more is better, whichever way the measure goes. */
export function shareOfGoal({ better, goal }: Measure, value: number): number {
  if (better === 'more') return value / goal;
  if (value === 0) return goal === 0 ? 1 : 99;
  return goal / value;
}

export const reached = (measure: Measure, value: number): boolean =>
  measure.better === 'more' ? value >= measure.goal : value <= measure.goal;

export function show(value: number, unit: Measure['unit']): string {
  const digits = value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : 2;
  const number = value.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return unit === '/s' || unit === '%' ? `${number}${unit}` : unit === 'cut' ? number : `${number} ${unit}`;
}
