import { formatDuration } from '../../../go/duration.ts';
import type { ScalarSchema } from '../../../kinds/schema.ts';
import { badRequest } from '../../../meta/status.ts';
import { formatQuantity, type Quantity } from '../../../meta/quantity.ts';
import type { PickedField } from '../compile-field.ts';
import { compareKeys, type Comparable } from '../scalar-values.ts';

/** What is made of the values of a field. */
export type Reduction = 'sum' | 'min' | 'max' | 'avg';
export const REDUCTIONS: readonly Reduction[] = ['sum', 'min', 'max', 'avg'];

const ADDED: ReadonlySet<ScalarSchema['type']> = new Set(['int32', 'int64', 'double', 'quantity', 'duration']);

/** Throws 400 for a sum of what cannot be added. */
export function checkReduction(reduction: Reduction, { type, values, path }: PickedField): void {
  if ((reduction === 'sum' || reduction === 'avg') && !ADDED.has(type))
    throw badRequest(`${reduction}: ${path.join('.')} is ${values.noun}, which cannot be added up`);
  if (!values.ordered) throw badRequest(`${reduction}: ${path.join('.')} is ${values.noun}, which has no order`);
}

/** A result: as it is compared, and as it is answered. */
export interface Reduced {
  value: Comparable;
  shown: unknown;
}

/** Different values that are held before they are added up. */
const MAX_SEEN = 256;

/** Takes in the values of one field of one group. Sums of quantities and integers are exact. */
export class Accumulator {
  private readonly field: Pick<PickedField, 'type' | 'values'>;
  /** values as they stand, and how often: most have been seen before */
  private readonly seen = new Map<unknown, number>();
  private count = 0;
  private exact = 0n;
  private sum = 0;
  private binary = false;
  private least: { value: Comparable; stored: unknown } | undefined;
  private most: { value: Comparable; stored: unknown } | undefined;

  constructor(field: Pick<PickedField, 'type' | 'values'>) {
    this.field = field;
  }

  add(stored: unknown): void {
    this.seen.set(stored, (this.seen.get(stored) ?? 0) + 1);
    if (this.seen.size >= MAX_SEEN) this.fold();
  }

  /** Takes in what was seen since the last time. */
  private fold(): void {
    for (const [stored, times] of this.seen) this.take(stored, times);
    this.seen.clear();
  }

  private take(stored: unknown, times: number): void {
    const value = this.field.values.read(stored);
    if (value === undefined) return;
    this.count += times;
    if (this.least === undefined || compareKeys(value, this.least.value) < 0) this.least = { value, stored };
    if (this.most === undefined || compareKeys(value, this.most.value) > 0) this.most = { value, stored };
    if (typeof value === 'bigint') this.exact += value * BigInt(times);
    else if (typeof value === 'number') {
      const sum = this.sum + value * times;
      if (this.field.type === 'double' || Number.isSafeInteger(sum)) this.sum = sum;
      else this.exact += BigInt(Math.trunc(value)) * BigInt(times);
    }
    if (this.field.type === 'quantity' && !this.binary) this.binary = isBinary(stored);
  }

  /** Undefined where there is no value; of none a sum is 0. */
  of(reduction: Reduction): Reduced | undefined {
    this.fold();
    const { least, most, count } = this;
    if (reduction === 'min') return least && { value: least.value, shown: least.stored };
    if (reduction === 'max') return most && { value: most.value, shown: most.stored };
    if (reduction === 'sum') return this.total();
    return count ? this.average() : undefined;
  }

  private total(): Reduced {
    if (this.field.type === 'quantity') return this.quantity(this.exact);
    if (this.exact === 0n) return this.number(this.sum);
    const whole = this.exact + BigInt(Math.trunc(this.sum));
    const safe = Number.isSafeInteger(Number(whole));
    return safe ? this.number(Number(whole)) : { value: whole, shown: String(whole) };
  }

  private average(): Reduced {
    const { count } = this;
    if (this.field.type === 'quantity') return this.quantity(rounded(this.exact, BigInt(count), this.binary));
    return this.number((Number(this.exact) + this.sum) / count);
  }

  private number(value: number): Reduced {
    return this.field.type === 'duration' ? { value, shown: formatDuration(value / 1e6) } : { value, shown: value };
  }

  private quantity(nano: bigint): Reduced {
    const format: Quantity['format'] = this.binary ? 'BinarySI' : 'DecimalSI';
    return { value: nano, shown: formatQuantity({ nano, format }) };
  }
}

const isBinary = (stored: unknown): boolean => typeof stored === 'string' && stored.endsWith('i');

const GIGA = 10n ** 9n;
const MILLI = 10n ** 6n;

/** An average in whole bytes, or in thousandths where that is not nothing. */
function rounded(sum: bigint, count: bigint, binary: boolean): bigint {
  const unit = binary ? GIGA : (sum < 0n ? -sum : sum) >= MILLI * count ? MILLI : 1n;
  const steps = count * unit;
  const half = (sum < 0n ? -steps : steps) / 2n;
  return ((sum + half) / steps) * unit;
}
