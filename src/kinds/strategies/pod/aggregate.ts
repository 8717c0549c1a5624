import type { Container, PodSpec } from '../../../../schema/types.ts';
import type { Parts } from '../../../meta/object.ts';
import { addQuantity, compareQuantity, parseQuantity, type Quantity } from '../../../meta/quantity.ts';

type Amounts = Map<string, Quantity>;

function add(sum: Amounts, list: Record<string, string> | undefined): void {
  for (const name in list) {
    const amount = parseQuantity(String(list[name]));
    const before = sum.get(name);
    sum.set(name, before ? addQuantity(before, amount) : amount);
  }
}

function raise(most: Amounts, other: Amounts): void {
  for (const [name, amount] of other) {
    const before = most.get(name);
    if (!before || compareQuantity(amount, before) > 0) most.set(name, amount);
  }
}

/**
 * What all containers of a pod ask for together: those that stay are added up, init containers run one at a time next
 * to the sidecars before them (component-helpers/resource AggregateContainerRequests).
 */
export function aggregate(spec: Parts<PodSpec>, kind: 'requests' | 'limits'): Amounts {
  const sum: Amounts = new Map();
  const listOf = (container: Parts<Container>): Record<string, string> | undefined => container.resources?.[kind];
  for (const container of spec.containers ?? []) add(sum, listOf(container));
  const sidecars: Amounts = new Map();
  const most: Amounts = new Map();
  for (const container of spec.initContainers ?? []) {
    if (container.restartPolicy === 'Always') {
      add(sum, listOf(container));
      add(sidecars, listOf(container));
      raise(most, sidecars);
    } else {
      const alone = new Map(sidecars);
      add(alone, listOf(container));
      raise(most, alone);
    }
  }
  raise(sum, most);
  return sum;
}
