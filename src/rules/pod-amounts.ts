import type { Container, PodSpec } from '../../schema/types.ts';
import type { Parts } from '../meta/object.ts';
import { addQuantity, compareQuantity, parseQuantity, quantityMilli, quantityValue } from '../meta/quantity.ts';
import type { Quantity } from '../meta/quantity.ts';
import { isSidecar } from './containers.ts';

/** Amounts as on the wire: `{ cpu: '100m' }`. */
export type List = Readonly<Record<string, string | undefined>>;
export type Side = 'requests' | 'limits';
/** By resource: `cpu`, `memory`, `hugepages-2Mi`, `example.com/gpu`. */
export type Amounts<T> = Record<string, T>;

/** A pod's spec, which need not have been validated yet. */
export type SpecOfAmounts = Pick<Parts<PodSpec>, 'containers' | 'initContainers' | 'resources' | 'overhead'>;

/** What amounts are while they are added up: exact quantities, or numbers where speed counts. */
export interface Arithmetic<T> {
  /** @throws QuantityError */
  read(resource: string, text: string | number): T;
  add(a: T, b: T): T;
  exceeds(a: T, b: T): boolean;
  isZero(amount: T): boolean;
}

export const exact: Arithmetic<Quantity> = {
  read: (_resource, text) => parseQuantity(String(text)),
  add: addQuantity,
  exceeds: (a, b) => compareQuantity(a, b) > 0,
  isZero: ({ nano }) => nano === 0n,
};

/** Numbers as the scheduler counts: millicores for cpu, whole units for all else, rounded up. */
export const rounded: Arithmetic<number> = {
  read: (resource, text) => (resource === 'cpu' ? quantityMilli(text) : quantityValue(text)),
  add: (a, b) => a + b,
  exceeds: (a, b) => a > b,
  isZero: (amount) => amount === 0,
};

/** A list of amounts as on the wire, read. */
export function amountsOf<T>(list: List | undefined, { read }: Arithmetic<T>): Amounts<T> {
  const amounts: Amounts<T> = {};
  for (const name in list) amounts[name] = read(name, list[name]!);
  return amounts;
}

/** Adds to `total`. */
export function addAmounts<T>(total: Amounts<T>, more: Amounts<T>, { add }: Arithmetic<T>): void {
  for (const name in more) {
    const before = total[name];
    total[name] = before === undefined ? more[name]! : add(before, more[name]!);
  }
}

function raise<T>(total: Amounts<T>, least: Amounts<T>, { exceeds }: Arithmetic<T>): void {
  for (const name in least) {
    const before = total[name];
    if (before === undefined || exceeds(least[name]!, before)) total[name] = least[name]!;
  }
}

/** Resources that a pod may have as a whole, in place of what its containers ask for (KEP-2837). */
export const isPodLevelResource = (name: string): boolean =>
  name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');

/** Whether the pod names any of them for itself (component-helpers/resource IsPodLevelResourcesSet). */
export const hasPodLevelResources = ({ resources }: Pick<SpecOfAmounts, 'resources'>): boolean =>
  [resources?.requests, resources?.limits].some((list) => Object.keys(list ?? {}).some(isPodLevelResource));

/**
 * What all containers of a pod come to: those that stay are added up; init containers run one at a time next to the
 * sidecars before them, and the largest of these steps counts where it is more (KEP-753). Source:
 * component-helpers/resource AggregateContainerRequests.
 * @param missing what a container counts for that does not say how much it wants of these
 */
export function containerAmounts<T>(
  spec: SpecOfAmounts | undefined,
  side: Side,
  arithmetic: Arithmetic<T>,
  missing?: Amounts<T>,
): Amounts<T> {
  const of = ({ resources }: Parts<Container>): Amounts<T> => {
    const own = amountsOf(resources?.[side], arithmetic);
    return missing ? { ...missing, ...own } : own;
  };
  const total: Amounts<T> = {};
  for (const container of spec?.containers ?? []) addAmounts(total, of(container), arithmetic);
  if (!spec?.initContainers?.length) return total;
  const sidecars: Amounts<T> = {};
  const steps: Amounts<T> = {};
  for (const container of spec.initContainers) {
    const amounts = of(container);
    if (isSidecar(container)) {
      addAmounts(total, amounts, arithmetic);
      addAmounts(sidecars, amounts, arithmetic);
      raise(steps, sidecars, arithmetic);
    } else {
      addAmounts(amounts, sidecars, arithmetic);
      raise(steps, amounts, arithmetic);
    }
  }
  raise(total, steps, arithmetic);
  return total;
}

/**
 * What a pod needs, or may use at most: its own amounts where it has any (KEP-2837), else its containers', and the
 * overhead of its runtime class (KEP-688), which is added to limits only where there is one. Source:
 * component-helpers/resource PodRequests, PodLimits.
 * @param options overhead: false leaves it out; missing as in containerAmounts
 */
export function podAmounts<T>(
  spec: SpecOfAmounts | undefined,
  side: Side,
  arithmetic: Arithmetic<T>,
  options: { overhead?: boolean; missing?: Amounts<T> } = {},
): Amounts<T> {
  const total = containerAmounts(spec, side, arithmetic, options.missing);
  const own = spec?.resources?.[side];
  for (const name in own) if (isPodLevelResource(name)) total[name] = arithmetic.read(name, own[name]!);
  const overhead = options.overhead === false ? undefined : spec?.overhead;
  for (const name in overhead) {
    const before = total[name];
    const more = arithmetic.read(name, overhead[name]!);
    if (before !== undefined && (side === 'requests' || !arithmetic.isZero(before)))
      total[name] = arithmetic.add(before, more);
    else if (side === 'requests') total[name] = more;
  }
  return total;
}
