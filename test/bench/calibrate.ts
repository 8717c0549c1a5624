import { createHash } from 'node:crypto';
import { median } from './load/percentile.ts';

/** What servers like ours spend their time on: parsing and writing JSON, hashing, maps. About 50 ms on the reference machine. */
function work(): number {
  const text = JSON.stringify({
    items: Array.from({ length: 400 }, (_, i) => ({
      name: `item-${i}`,
      labels: { a: 'x', b: String(i) },
      list: [1, 2, 3],
    })),
  });
  const counts = new Map<string, number>();
  for (let i = 0; i < 50; i++) {
    const { items } = JSON.parse(text) as { items: { name: string }[] };
    for (const { name } of items) counts.set(name, (counts.get(name) ?? 0) + 1);
    createHash('sha256').update(JSON.stringify(items)).digest();
  }
  return counts.size;
}

/** Measures the machine between the rows, so that a slow machine does not look like a slow change. */
export class Calibration {
  private readonly times: number[] = [];

  measure(): void {
    for (let i = 0; i < 3; i++) {
      const began = performance.now();
      work();
      this.times.push(performance.now() - began);
    }
  }

  /** ms of the fixed work, median of what was measured so far */
  get ms(): number {
    return median(this.times);
  }
}
