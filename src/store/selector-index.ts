import { byPlace } from './by-place.ts';
import type { Having } from './contract.ts';
import type { Item } from './item.ts';

/** One object stands for itself: most values of a label that tells objects apart have one. */
type Bucket = Item | Set<Item>;

/** Below this a look at every object costs less than an index. */
const MIN_OBJECTS = 256;
/** Of one resource; the one that was not asked for longest goes. */
const MAX_INDEXES = 8;

/** The objects of one resource by the value of one label or field. */
class Index {
  readonly #buckets = new Map<string, Bucket>();
  readonly #valueOf: (item: Item) => string | undefined;

  constructor({ label, field }: Pick<Having, 'label' | 'field'>, items: Iterable<Item>) {
    this.#valueOf = label !== undefined ? ({ labels }) => own(labels, label) : ({ fields }) => own(fields, field!);
    for (const item of items) this.add(item);
  }

  add(item: Item): void {
    const value = this.#valueOf(item);
    if (value === undefined) return;
    const bucket = this.#buckets.get(value);
    if (!bucket) this.#buckets.set(value, item);
    else if (bucket instanceof Set) bucket.add(item);
    else this.#buckets.set(value, new Set([bucket, item]));
  }

  remove(item: Item): void {
    const value = this.#valueOf(item);
    if (value === undefined) return;
    const bucket = this.#buckets.get(value);
    if (bucket === item) this.#buckets.delete(value);
    else if (bucket instanceof Set && bucket.delete(item) && bucket.size === 0) this.#buckets.delete(value);
  }

  count(values: readonly string[]): number {
    let count = 0;
    for (const value of values) {
      const bucket = this.#buckets.get(value);
      if (bucket) count += bucket instanceof Set ? bucket.size : 1;
    }
    return count;
  }

  *items(values: readonly string[]): Generator<Item> {
    for (const value of values) {
      const bucket = this.#buckets.get(value);
      if (bucket instanceof Set) yield* bucket;
      else if (bucket) yield bucket;
    }
  }
}

const own = (values: Record<string, string> | undefined, key: string): string | undefined =>
  values && Object.hasOwn(values, key) ? values[key] : undefined;

/**
 * Indexes of one resource by those labels and fields that lists ask for: made at the first such list, kept up to date
 * by each write from then on. So a list that selects few of many costs what it selects, and writes pay for no index
 * that nobody uses.
 */
export class SelectorIndexes {
  readonly #indexes = new Map<string, Index>();

  /** `previous` and `item`: what was there before a write, and after */
  changed(previous: Item | undefined, item: Item | undefined): void {
    for (const index of this.#indexes.values()) {
      if (previous) index.remove(previous);
      if (item) index.add(item);
    }
  }

  /**
   * The objects that have one of the values, sorted by namespace and name; undefined where looking at all of them is
   * no more work.
   * @param size number of objects of the resource
   * @param all all of them
   */
  select(
    having: Having,
    namespace: string | undefined,
    size: number,
    all: () => Iterable<Item>,
  ): readonly Item[] | undefined {
    if (size < MIN_OBJECTS) return undefined;
    const index = this.#indexOf(having, all);
    if (index.count(having.values) * 4 > size) return undefined;
    const found: Item[] = [];
    for (const item of index.items(having.values))
      if (namespace === undefined || item.namespace === namespace) found.push(item);
    return found.sort(byPlace);
  }

  #indexOf(having: Having, all: () => Iterable<Item>): Index {
    const name = having.label !== undefined ? `label ${having.label}` : `field ${having.field}`;
    let index = this.#indexes.get(name);
    if (index) this.#indexes.delete(name);
    else {
      index = new Index(having, all());
      if (this.#indexes.size >= MAX_INDEXES)
        for (const oldest of this.#indexes.keys()) {
          this.#indexes.delete(oldest);
          break;
        }
    }
    // the newest is last
    this.#indexes.set(name, index);
    return index;
  }
}
