/** From the least to the most of something that is known only when an expression runs: a size, or a cost. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Counts are unsigned, of 64 bits, and stop at the largest. */
export const MAX_COUNT = 2 ** 64;
const bounded = (n: number): number => (n >= MAX_COUNT ? MAX_COUNT : n);

export const fixed = (n: number): Range => ({ min: n, max: n });
export const UNKNOWN: Range = { min: 0, max: MAX_COUNT };
export const NOTHING = fixed(0);
export const ONE = fixed(1);

export const add = (a: Range, b: Range): Range => ({ min: bounded(a.min + b.min), max: bounded(a.max + b.max) });
export const multiply = (a: Range, b: Range): Range => ({ min: bounded(a.min * b.min), max: bounded(a.max * b.max) });
/** Rounded up. */
export const scale = (a: Range, factor: number): Range => ({
  min: bounded(Math.ceil(a.min * factor)),
  max: bounded(Math.ceil(a.max * factor)),
});
/** What holds both. */
export const union = (a: Range, b: Range): Range => ({ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) });
