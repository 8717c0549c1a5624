/** Items of a run, beyond which it is cut in two: what an insertion moves, against what counting the runs takes. */
const RUN = 512;

/**
 * Items in an order, each of which knows its place: sorted runs of at most 512, so that a change and a question cost
 * two binary searches and the lengths of the runs before (20 to 40 of them for 10,000 items), and no item moves far.
 */
export class OrderedSet<T> {
  private readonly runs: T[][] = [];
  private count = 0;

  /**
   * @param compare total: no two items of the set are equal
   * @param sorted what it begins with, in that order
   */
  constructor(
    private readonly compare: (a: T, b: T) => number,
    sorted: readonly T[] = [],
  ) {
    for (let start = 0; start < sorted.length; start += RUN / 2) this.runs.push(sorted.slice(start, start + RUN / 2));
    this.count = sorted.length;
  }

  get size(): number {
    return this.count;
  }

  /** Puts an item in. Returns its place. */
  add(item: T): number {
    const at = Math.min(this.runOf(item), Math.max(0, this.runs.length - 1));
    const run = this.runs[at] ?? (this.runs[at] = []);
    const place = this.placeIn(run, item);
    run.splice(place, 0, item);
    this.count++;
    const rank = this.before(at) + place;
    if (run.length > RUN) this.runs.splice(at + 1, 0, run.splice(RUN / 2));
    return rank;
  }

  /** Takes an item out, which must compare as it did when it was put in. Returns the place that it had; -1: it was not there. */
  delete(item: T): number {
    const at = this.runOf(item);
    const run = this.runs[at];
    const place = run ? this.placeIn(run, item) : -1;
    const found = run?.[place];
    if (!run || found === undefined || this.compare(found, item) !== 0) return -1;
    const rank = this.before(at) + place;
    run.splice(place, 1);
    if (run.length === 0) this.runs.splice(at, 1);
    this.count--;
    return rank;
  }

  /** The place of an item that is there. */
  rankOf(item: T): number {
    const at = this.runOf(item);
    const run = this.runs[at];
    return run ? this.before(at) + this.placeIn(run, item) : this.count;
  }

  /** The item at a place; undefined beyond the end. */
  at(rank: number): T | undefined {
    let rest = rank;
    for (const run of this.runs) {
      if (rest < run.length) return run[rest];
      rest -= run.length;
    }
    return undefined;
  }

  /** The first items. */
  first(count: number): T[] {
    const items: T[] = [];
    for (const run of this.runs) {
      if (items.length >= count) break;
      items.push(...(items.length + run.length <= count ? run : run.slice(0, count - items.length)));
    }
    return items;
  }

  /** The first run that does not end before the item. */
  private runOf(item: T): number {
    let [low, high] = [0, this.runs.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const last = this.runs[middle]?.at(-1);
      if (last !== undefined && this.compare(last, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private placeIn(run: readonly T[], item: T): number {
    let [low, high] = [0, run.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.compare(run[middle] as T, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private before(at: number): number {
    let sum = 0;
    for (let i = 0; i < at; i++) sum += this.runs[i]?.length ?? 0;
    return sum;
  }
}
