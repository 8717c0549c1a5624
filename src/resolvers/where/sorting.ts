import { Slice } from '../../api/fairness/turns.ts';

/** Items that are sorted in one go: some ms. */
const RUN = 1024;
/** Items between two looks at the clock. */
const LOOK_EVERY = 256;

/** The same items in order, those that are equal as they were; others have their turn meanwhile. Sorts runs, and merges them. */
export async function sorted<T>(items: readonly T[], compare: (a: T, b: T) => number): Promise<T[]> {
  const slice = new Slice();
  let runs: T[][] = [];
  for (let start = 0; start < items.length; start += RUN) {
    runs.push(items.slice(start, start + RUN).sort(compare));
    if (slice.over) await slice.next();
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let i = 0; i < runs.length; i += 2) merged.push(await merge(runs[i] ?? [], runs[i + 1] ?? [], compare, slice));
    runs = merged;
  }
  return runs[0] ?? [];
}

async function merge<T>(a: readonly T[], b: readonly T[], compare: (a: T, b: T) => number, slice: Slice): Promise<T[]> {
  const [last, first] = [a.at(-1), b[0]];
  // many a list is in order already
  if (last === undefined || first === undefined || compare(last, first) <= 0) return [...a, ...b];
  const out: T[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const fromFirst = j >= b.length || (i < a.length && compare(a[i] as T, b[j] as T) <= 0);
    out.push((fromFirst ? a[i++] : b[j++]) as T);
    if (out.length % LOOK_EVERY === 0 && slice.over) await slice.next();
  }
  return out;
}

/** Of how many times as many the first few are found without sorting the rest. */
const FEW = 4;
/** The most that are a few: each that is put among them moves those behind it. */
const MAX_FEW = 1000;

/** The first `count` items in order; others have their turn meanwhile. No two may be equal. */
export async function firstSorted<T>(
  items: readonly T[],
  count: number,
  compare: (a: T, b: T) => number,
): Promise<readonly T[]> {
  if (count > MAX_FEW || items.length < count * FEW) return (await sorted(items, compare)).slice(0, count);
  const slice = new Slice();
  const found: T[] = [];
  for (const [i, item] of items.entries()) {
    if (i % LOOK_EVERY === LOOK_EVERY - 1 && slice.over) await slice.next();
    const last = found[count - 1];
    if (last !== undefined && compare(item, last) >= 0) continue;
    found.splice(placeOf(item, found, compare), 0, item);
    if (found.length > count) found.pop();
  }
  return found;
}

function placeOf<T>(item: T, among: readonly T[], compare: (a: T, b: T) => number): number {
  let [low, high] = [0, among.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(among[middle] as T, item) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
