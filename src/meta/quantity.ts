/**
 * resource.Quantity: a fixed-point number that is exact to a billionth, with the format it was written in.
 * Held as a count of billionths; anything finer is rounded away from zero, as Kubernetes does.
 */
export interface Quantity {
  readonly nano: bigint;
  readonly format: 'BinarySI' | 'DecimalSI' | 'DecimalExponent';
}

export class QuantityError extends Error {
  override name = 'QuantityError';
}
const QUANTITY_FORMAT_ERROR =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX_ERROR = "unable to parse quantity's suffix";

const GIGA = 10n ** 9n;
const DECIMAL = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);
const DECIMAL_BY_EXPONENT = new Map([...DECIMAL].map(([suffix, exponent]) => [exponent, suffix]));
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const MAX = (2n ** 63n - 1n) * GIGA;
/** Larger exponents are not kept exactly: the value is capped long before. */
const MAX_EXPONENT = 1000;
/** Characters of a quantity: reading digits takes time by their square, and nothing has a thousand of them. */
const MAX_LENGTH = 1024;

export const zeroQuantity: Quantity = { nano: 0n, format: 'DecimalSI' };

/** Digits over a power of ten, in billionths; rounded away from zero. */
function scaled(digits: bigint, exponent: number): bigint {
  const shift = exponent + 9;
  if (shift >= 0) return digits * 10n ** BigInt(shift);
  const divisor = 10n ** BigInt(-shift);
  return (digits + divisor - 1n) / divisor;
}

/** Parses `100m`, `1.5Gi`, `1e3` …; throws QuantityError with Kubernetes' message. */
export function parseQuantity(text: string): Quantity {
  if (text === '' || text.length > MAX_LENGTH) throw new QuantityError(QUANTITY_FORMAT_ERROR);
  const match = /^([+-]?)(\d*)(?:\.(\d*))?((?:[eEinumkKMGTP]+[-+]?\d*|[-+]\d*)?)$/.exec(text);
  if (!match) throw new QuantityError(QUANTITY_FORMAT_ERROR);
  const [, sign, whole = '', fraction = '', suffix = ''] = match;
  const digits = BigInt(`${whole}${fraction}` || '0');
  const [value, format] = applySuffix(digits, fraction.length, suffix);
  const capped = value > MAX && format === 'BinarySI' ? MAX : value;
  return {
    nano: sign === '-' ? -capped : capped,
    format: capped !== 0n && capped < GIGA && format === 'BinarySI' ? 'DecimalSI' : format,
  };
}

function applySuffix(digits: bigint, places: number, suffix: string): [bigint, Quantity['format']] {
  const decimal = DECIMAL.get(suffix);
  if (decimal !== undefined) return [scaled(digits, decimal - places), 'DecimalSI'];
  const binary = BINARY.indexOf(suffix);
  if (binary > 0) return [scaled(digits << BigInt(10 * binary), -places), 'BinarySI'];
  const exponent = /^[eE]([-+]?\d+)$/.exec(suffix);
  if (!exponent) throw new QuantityError(SUFFIX_ERROR);
  const power = Math.max(-MAX_EXPONENT, Math.min(MAX_EXPONENT, Number(exponent[1])));
  return [scaled(digits, power - places), 'DecimalExponent'];
}

/** Mantissa without factors of `base`, and how many there were: found in steps that halve, as there may be thousands. */
function factor(value: bigint, base: bigint): [bigint, number] {
  let times = 0;
  for (let step = 1024; step >= 1; step /= 2) {
    const power = powerOf(base, step);
    while (value >= power || value <= -power) {
      if (value % power !== 0n) break;
      value /= power;
      times += step;
    }
  }
  return [value, times];
}

const powers = new Map<bigint, Map<number, bigint>>();
/** Kept: there are two bases and eleven steps. */
function powerOf(base: bigint, exponent: number): bigint {
  let known = powers.get(base);
  if (!known) powers.set(base, (known = new Map<number, bigint>()));
  let power = known.get(exponent);
  if (power === undefined) known.set(exponent, (power = base ** BigInt(exponent)));
  return power;
}

/** The canonical text: no fraction, the largest suffix that keeps the number whole. */
export function formatQuantity(q: Quantity): string {
  if (q.nano === 0n) return '0';
  const limit = 1024n * GIGA;
  if (q.format === 'BinarySI' && (q.nano >= limit || q.nano <= -limit) && q.nano % GIGA === 0n) {
    const [mantissa, times] = factor(q.nano / GIGA, 1024n);
    const used = Math.min(times, 6);
    return `${mantissa * 1024n ** BigInt(times - used)}${BINARY[used]}`;
  }
  let [mantissa, times] = factor(q.nano, 10n);
  let exponent = times - 9;
  for (; exponent % 3 !== 0; exponent--) mantissa *= 10n;
  if (q.format === 'DecimalExponent') return exponent === 0 ? String(mantissa) : `${mantissa}e${exponent}`;
  for (; exponent > 18; exponent--) mantissa *= 10n;
  return `${mantissa}${DECIMAL_BY_EXPONENT.get(exponent)}`;
}

/** Text that surely is canonical already: most of what arrives. */
const plain = /^(?:0|[1-9]\d{0,8}(m|k|M|G|Ki|Mi|Gi|Ti)?)$/;

/** Parse and format in one; throws QuantityError. */
export function canonicalQuantity(text: string): string {
  const match = plain.exec(text);
  if (match) {
    const number = parseInt(text, 10);
    if (number === 0) return '0';
    const suffix = match[1] ?? '';
    if (number % (suffix.length === 2 ? 1024 : 1000) !== 0) return text;
  }
  return formatQuantity(parseQuantity(text));
}

export const compareQuantity = (a: Quantity, b: Quantity): number => (a.nano < b.nano ? -1 : a.nano > b.nano ? 1 : 0);

/** A zero takes the format of the other, so that sums look like their parts. */
const formatOf = (a: Quantity, b: Quantity): Quantity['format'] => (a.nano === 0n ? b.format : a.format);
export const addQuantity = (a: Quantity, b: Quantity): Quantity => ({ nano: a.nano + b.nano, format: formatOf(a, b) });
export const subtractQuantity = (a: Quantity, b: Quantity): Quantity => ({
  nano: a.nano - b.nano,
  format: formatOf(a, b),
});

/** Rounded away from zero to a multiple of `unit` billionths. */
function roundedUp(nano: bigint, unit: bigint): number {
  const rest = nano % unit;
  const floor = nano / unit;
  return Number(rest === 0n ? floor : nano > 0n ? floor + 1n : floor - 1n);
}

/** The quantity in whole units, rounded away from zero (resource.Quantity RoundUp(0)). */
export function roundUp(q: Quantity): Quantity {
  const rest = q.nano % GIGA;
  if (rest === 0n) return q;
  return { nano: q.nano - rest + (q.nano > 0n ? GIGA : -GIGA), format: q.format };
}

const of = (q: Quantity | string | number): Quantity => (typeof q === 'object' ? q : parseQuantity(String(q)));

/** Texts that numbers hold exactly, in thousandths: most of what a scheduler reads. */
const small = /^(\d{1,7})(m|k|M|Ki|Mi|Gi)?$/;
const MILLI: Readonly<Record<string, number>> = { m: 1, k: 1e6, M: 1e9, Ki: 1000 * 2 ** 10, Mi: 1000 * 2 ** 20 };

/** Thousandths of a text, undefined where exact arithmetic is needed for them. */
function quickMilli(q: Quantity | string | number): number | undefined {
  if (typeof q !== 'string') return undefined;
  const match = small.exec(q);
  if (!match) return undefined;
  const milli = Number(match[1]) * (match[2] ? (MILLI[match[2]] ?? 1000 * 2 ** 30) : 1000);
  return Number.isSafeInteger(milli) ? milli : undefined;
}

/** Whole units (bytes, cores, counts), rounded up. Accepts the wire form. */
export function quantityValue(q: Quantity | string | number): number {
  const milli = quickMilli(q);
  return milli === undefined ? roundedUp(of(q).nano, GIGA) : Math.ceil(milli / 1000);
}
/** Thousandths (millicores), rounded up. Accepts the wire form. */
export const quantityMilli = (q: Quantity | string | number): number =>
  quickMilli(q) ?? roundedUp(of(q).nano, 10n ** 6n);

/** The order of two amounts in the wire form; throws QuantityError. */
export function compareAmounts(a: string, b: string): number {
  if (a === b) return 0;
  const [left, right] = [quickMilli(a), quickMilli(b)];
  return left !== undefined && right !== undefined ? left - right : compareQuantity(parseQuantity(a), parseQuantity(b));
}

/** From a count of whole units, or of thousandths. */
export const quantityOf = (value: number, format: Quantity['format'] = 'DecimalSI'): Quantity => ({
  nano: BigInt(Math.round(value)) * GIGA,
  format,
});
export const quantityOfMilli = (milli: number, format: Quantity['format'] = 'DecimalSI'): Quantity => ({
  nano: BigInt(Math.round(milli)) * 10n ** 6n,
  format,
});
