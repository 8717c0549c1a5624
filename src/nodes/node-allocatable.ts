import { formatQuantity, parseQuantity, subtractQuantity, zeroQuantity } from '../meta/quantity.ts';
import type { LimitOptions } from './contract.ts';
import { parseThresholds, quantityWithin, DEFAULT_EVICTION, type Threshold } from './eviction/thresholds.ts';

type Amounts = Readonly<Record<string, string>>;

/** What must stay free of a resource is not for pods. Source: pkg/kubelet/cm hardEvictionReservation. */
const KEPT: Readonly<Record<string, Threshold['signal']>> = {
  memory: 'memory.available',
  'ephemeral-storage': 'nodefs.available',
};

/**
 * What pods may request of a node: its capacity, without what is reserved and what hard eviction thresholds keep free.
 * @throws Error for settings that are none
 */
export function nodeAllocatable(capacity: Amounts, limits: LimitOptions = {}): Record<string, string> {
  const hard = parseThresholds(limits.eviction ?? DEFAULT_EVICTION).filter(({ graceMs }) => graceMs === 0);
  const allocatable: Record<string, string> = {};
  for (const [name, text] of Object.entries(capacity)) {
    const whole = parseQuantity(text);
    let left = whole;
    for (const reserved of [limits.systemReserved, limits.kubeReserved]) {
      if (reserved?.[name] !== undefined) left = subtractQuantity(left, parseQuantity(reserved[name]));
    }
    const threshold = hard.find(({ signal }) => signal === KEPT[name]);
    if (threshold) left = subtractQuantity(left, quantityWithin(threshold.amount, whole));
    allocatable[name] = formatQuantity(left.nano < 0n ? zeroQuantity : left);
  }
  return allocatable;
}
