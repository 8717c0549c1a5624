import { addQuantity, compareQuantity, parseQuantity, type Quantity } from '../../meta/quantity.ts';
import type { KubeObject } from '../../meta/object.ts';

export type Amounts = Record<string, Quantity>;
type Side = 'requests' | 'limits';

interface Container {
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
  restartPolicy?: string;
}

export const amountsOf = (list: Record<string, string> | undefined | null): Amounts =>
  Object.fromEntries(Object.entries(list ?? {}).map(([name, text]) => [name, parseQuantity(text)]));

export function addAmounts(a: Amounts, b: Amounts): Amounts {
  const sum: Amounts = { ...a };
  for (const [name, amount] of Object.entries(b)) sum[name] = sum[name] ? addQuantity(sum[name], amount) : amount;
  return sum;
}

function maxAmounts(a: Amounts, b: Amounts): Amounts {
  const max: Amounts = { ...a };
  for (const [name, amount] of Object.entries(b))
    if (!max[name] || compareQuantity(amount, max[name]) > 0) max[name] = amount;
  return max;
}

/**
 * What a pod needs as a whole: the sum of its containers and sidecars, or the largest init container with the sidecars
 * before it, whichever is more, and the overhead of its runtime class (KEP-753).
 */
export function podAmounts(pod: KubeObject, side: Side): Amounts {
  const spec = pod['spec'] ?? {};
  const of = (c: Container): Amounts => amountsOf(c.resources?.[side]);
  let total: Amounts = {};
  for (const container of (spec.containers ?? []) as Container[]) total = addAmounts(total, of(container));
  let sidecars: Amounts = {};
  let initial: Amounts = {};
  for (const container of (spec.initContainers ?? []) as Container[]) {
    if (container.restartPolicy === 'Always') {
      sidecars = addAmounts(sidecars, of(container));
      initial = maxAmounts(initial, sidecars);
    } else initial = maxAmounts(initial, addAmounts(sidecars, of(container)));
  }
  total = maxAmounts(addAmounts(total, sidecars), initial);
  // what the pod says for itself counts in place of the sum (KEP-2837)
  total = { ...total, ...amountsOf(spec.resources?.[side]) };
  const overhead = amountsOf(spec.overhead);
  if (side === 'requests') return addAmounts(total, overhead);
  return addAmounts(total, Object.fromEntries(Object.entries(overhead).filter(([name]) => name in total)));
}
