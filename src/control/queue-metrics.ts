import type { MetricsOf, Series } from '../rules/metrics/metrics.ts';
import type { WORK_QUEUE } from '../rules/metrics/families.ts';

/** Numbers of one work queue, of which controllers have one each. */
export class QueueMetrics {
  private readonly series: Readonly<
    Record<'depth' | 'adds' | 'wait' | 'work' | 'unfinished' | 'longest' | 'retries', Series>
  >;
  /** when keys came, and when work on them began, ms */
  private readonly came = new Map<string, number>();
  private readonly began = new Map<string, number>();

  /** @param name of the controller */
  constructor(metrics: MetricsOf<typeof WORK_QUEUE>, name: string) {
    const { depth, adds, wait, work, unfinished, longest, retries } = metrics;
    this.series = {
      depth: depth.of(name),
      adds: adds.of(name),
      wait: wait.of(name),
      work: work.of(name),
      unfinished: unfinished.of(name),
      longest: longest.of(name),
      retries: retries.of(name),
    };
  }

  added(key: string): void {
    this.series.adds.add();
    this.came.set(key, performance.now());
    this.series.depth.set(this.came.size);
  }

  taken(key: string): void {
    const now = performance.now();
    const came = this.came.get(key);
    if (came !== undefined) this.series.wait.observe((now - came) / 1000);
    this.came.delete(key);
    this.series.depth.set(this.came.size);
    this.began.set(key, now);
  }

  done(key: string): void {
    const began = this.began.get(key);
    this.began.delete(key);
    if (began !== undefined) this.series.work.observe((performance.now() - began) / 1000);
  }

  retried(): void {
    this.series.retries.add();
  }

  /** Brings what is told of work that is under way to now. */
  refresh(): void {
    const now = performance.now();
    let [all, longest] = [0, 0];
    for (const began of this.began.values()) {
      all += now - began;
      longest = Math.max(longest, now - began);
    }
    this.series.unfinished.set(all / 1000);
    this.series.longest.set(longest / 1000);
  }
}
