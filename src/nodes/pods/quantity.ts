const SUFFIX: Readonly<Record<string, number>> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The value of a resource quantity as a number: precise enough to show or to compare, not to add up an account. */
export function quantityValue(quantity: string): number {
  const match = /^([+-]?[0-9.]+)(?:[eE]([+-]?[0-9]+)|([numkMGTPE]|[KMGTPE]i)?)$/.exec(quantity);
  if (!match) return 0;
  return Number(match[1]) * (match[2] ? 10 ** Number(match[2]) : SUFFIX[match[3] ?? '']!);
}

/** `value / divisor`, rounded up, as resourceFieldRef answers. */
export function divided(quantity: string, divisor: string | undefined): string {
  const by = quantityValue(divisor ?? '1') || 1;
  // The small step back keeps 0.1 / 0.001 from becoming 101.
  return String(Math.ceil(quantityValue(quantity) / by - 1e-9));
}
