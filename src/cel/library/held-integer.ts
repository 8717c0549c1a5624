import { MAX_INT, MIN_INT } from '../values.ts';

/**
 * How Go holds a quantity whose digits are few: an int64 times a power of ten. What it holds in another way is no integer
 * to it, whatever its value (1.5Gi, 1.0). Source: apimachinery's resource/amount.go.
 */
export interface HeldInteger {
  readonly value: bigint;
  /** power of ten */
  readonly scale: number;
}

const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const MAX_DIGITS = 18;
const MAX_BINARY_DIGITS = 14;
const NANO = -9;

const fits = (value: bigint): boolean => value >= MIN_INT && value <= MAX_INT;

/** Of the text of a quantity; undefined where Go holds its digits by themselves. */
export function heldInteger(text: string): HeldInteger | undefined {
  const [, sign, whole = '', fraction = '', suffix = ''] = /^([+-]?)0*(\d*)(?:\.(\d*))?([^]*)/.exec(text) ?? [];
  const digits = (whole || '0').length;
  const binary = BINARY.indexOf(suffix);
  let scale = 0;
  let times = 1n;
  if (binary >= 0) {
    const exponent = 10 * (binary + 1);
    if (fraction !== '' || digits + Math.trunc((exponent * 3) / 10) > MAX_BINARY_DIGITS) return undefined;
    times = 1n << BigInt(exponent);
  } else {
    scale = (DECIMAL[suffix] ?? Number(suffix.slice(1))) - fraction.length;
    if (digits + fraction.length > MAX_DIGITS || scale < NANO) return undefined;
  }
  const value = BigInt(`${whole || '0'}${fraction}`) * times;
  return fits(value) ? { value: sign === '-' ? -value : value, scale } : undefined;
}

export const heldOf = (value: number | bigint): HeldInteger => ({ value: BigInt(value), scale: 0 });

/** The value times so many tens; undefined for what is no int64. */
function shifted({ value, scale }: HeldInteger, to: number): bigint | undefined {
  if (scale - to > MAX_DIGITS) return value === 0n ? value : undefined;
  const result = value * 10n ** BigInt(scale - to);
  return fits(result) ? result : undefined;
}

/** Undefined where Go would hold the sum in another way. */
export function addHeld(a: HeldInteger | undefined, b: HeldInteger | undefined): HeldInteger | undefined {
  if (!a || !b) return undefined;
  if (b.value === 0n) return a;
  if (a.value === 0n) return b;
  const scale = Math.min(a.scale, b.scale);
  const [x, y] = [shifted(a, scale), shifted(b, scale)];
  return x !== undefined && y !== undefined && fits(x + y) ? { value: x + y, scale } : undefined;
}

export const negated = (held: HeldInteger | undefined): HeldInteger | undefined =>
  held && { value: -held.value, scale: held.scale };

/** The int64 that it is to Go; undefined for what is none. */
export const int64Of = (held: HeldInteger | undefined): bigint | undefined =>
  held === undefined || held.scale < 0 ? undefined : shifted(held, 0);
