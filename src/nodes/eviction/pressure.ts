import { addQuantity, compareQuantity } from '../../meta/quantity.ts';
import { SIGNALS, type Observations, type PressureCondition } from './signals.ts';
import { quantityWithin, type Threshold } from './thresholds.ts';

/** Whether there is less than the threshold, or less than it and what must be reclaimed on top. */
export function isMet(threshold: Threshold, observations: Observations, reclaiming: boolean): boolean {
  const observed = observations.get(threshold.signal);
  if (!observed) return false;
  let wanted = quantityWithin(threshold.amount, observed.capacity);
  if (reclaiming && threshold.minReclaim !== undefined)
    wanted = addQuantity(wanted, quantityWithin(threshold.minReclaim, observed.capacity));
  return compareQuantity(wanted, observed.available) > 0;
}

/** What a node is short of, over time. It has no clock: who looks says when. Source: pkg/kubelet/eviction synchronize. */
export class Pressure {
  /** thresholds whose grace was over at the last look: they hold until enough is reclaimed */
  private met: readonly Threshold[] = [];
  private readonly firstSeen = new Map<Threshold, number>();
  private readonly lastSeen = new Map<PressureCondition, number>();

  constructor(
    private readonly thresholds: readonly Threshold[],
    private readonly transitionMs: number,
  ) {}

  /**
   * One look. @param now ms
   * @returns the conditions that hold, and the thresholds for which pods are to be evicted
   */
  look(observations: Observations, now: number): { conditions: PressureCondition[]; evict: Threshold[] } {
    const passed = this.thresholds.filter(
      (each) => isMet(each, observations, false) || (this.met.includes(each) && isMet(each, observations, true)),
    );
    for (const threshold of this.thresholds) {
      if (!passed.includes(threshold)) this.firstSeen.delete(threshold);
      else if (!this.firstSeen.has(threshold)) this.firstSeen.set(threshold, now);
    }
    for (const { signal } of passed) this.lastSeen.set(SIGNALS[signal].condition, now);
    for (const [condition, seen] of this.lastSeen) {
      if (now - seen >= this.transitionMs && seen !== now) this.lastSeen.delete(condition);
    }
    this.met = passed.filter((each) => now - (this.firstSeen.get(each) ?? now) >= each.graceMs);
    return { conditions: [...this.lastSeen.keys()].sort(), evict: [...this.met] };
  }
}
