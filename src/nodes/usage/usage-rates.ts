import type { NodeUsage } from './node-usage.ts';

interface Sample {
  time: number;
  cpuNanoseconds: number;
}

/** Two readings nearer than this say little of a rate, ms. */
const LEAST_MS = 1000;

/** How much of a processor is used now: by pods (uid), containers (uid/name), all pods (`pods`) and the `node`. */
export class UsageRates {
  private before = new Map<string, Sample>();
  private rates = new Map<string, number>();

  /** Takes a reading. Whoever is not in it is forgotten. */
  take(usage: NodeUsage): void {
    const now = new Map<string, Sample>();
    const rates = new Map<string, number>();
    for (const [key, cpuNanoseconds] of totals(usage)) {
      const before = this.before.get(key);
      const ms = before ? usage.time - before.time : 0;
      // a container that was started again counts from nothing
      if (before && ms >= LEAST_MS && cpuNanoseconds >= before.cpuNanoseconds)
        rates.set(key, Math.round((cpuNanoseconds - before.cpuNanoseconds) / (ms / 1000)));
      else if (before && ms < LEAST_MS && this.rates.has(key)) rates.set(key, this.rates.get(key) ?? 0);
      now.set(key, before && ms < LEAST_MS ? before : { time: usage.time, cpuNanoseconds });
    }
    this.before = now;
    this.rates = rates;
  }

  /** Billionths of a processor; empty before the second reading. */
  of(key: string): { usageNanoCores?: number } {
    const rate = this.rates.get(key);
    return rate === undefined ? {} : { usageNanoCores: rate };
  }
}

function* totals({ cpuNanoseconds, pods, each }: NodeUsage): Generator<[string, number]> {
  yield ['node', cpuNanoseconds];
  if (pods) yield ['pods', pods.cpuNanoseconds];
  for (const pod of each) {
    const { uid } = pod.pod.metadata;
    yield [uid, pod.cpuNanoseconds];
    for (const container of pod.containers) yield [`${uid}/${container.name}`, container.cpuNanoseconds];
  }
}
