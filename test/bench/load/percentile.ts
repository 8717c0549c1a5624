/** The value that the share `p` (0–1) of `values` do not exceed; 0 of none. Sorts in place. */
export function percentile(values: number[], p: number): number {
  if (values.length === 0) return 0;
  values.sort((a, b) => a - b);
  return values[Math.min(values.length - 1, Math.ceil(values.length * p) - 1)] ?? 0;
}

export const median = (values: readonly number[]): number => percentile([...values], 0.5);
