import { formatQuantity, type Quantity } from '../../src/meta/quantity.ts';
import type { Amounts } from '../../src/rules/pod-amounts.ts';

/** Amounts as on the wire. */
export const formatAmounts = (amounts: Amounts<Quantity>): Record<string, string> =>
  Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, formatQuantity(amount)]));
