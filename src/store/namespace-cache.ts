import type { Item } from './item.ts';

interface Slot {
  readonly name: string;
  /** undefined: deleted, and still in `order` */
  item: Item | undefined;
}

/**
 * The objects of one resource in one namespace. Writes change a slot and mark; the order and the array that lists give
 * out are brought up to date by the next list: O(1) a write, O(n) the first list after it, O(1) further ones.
 */
export class NamespaceCache {
  readonly #slots = new Map<string, Slot>();
  #order: Slot[] = [];
  #added: Slot[] = [];
  #removed = false;
  #snapshot: readonly Item[] | undefined = [];

  get size(): number {
    return this.#slots.size;
  }

  get(name: string): Item | undefined {
    return this.#slots.get(name)?.item;
  }

  /** Returns what was there. */
  set(name: string, item: Item | undefined): Item | undefined {
    const slot = this.#slots.get(name);
    const previous = slot?.item;
    if (item && slot) slot.item = item;
    else if (item) {
      const added = { name, item };
      this.#slots.set(name, added);
      this.#added.push(added);
    } else if (slot) {
      slot.item = undefined;
      this.#slots.delete(name);
      this.#removed = true;
    } else return undefined;
    this.#snapshot = undefined;
    return previous;
  }

  /** In no order. */
  *items(): Generator<Item> {
    for (const { item } of this.#slots.values()) if (item) yield item;
  }

  /** Sorted by name; never changed after. */
  list(): readonly Item[] {
    if (this.#snapshot) return this.#snapshot;
    if (this.#removed) {
      this.#order = this.#order.filter((slot) => slot.item);
      this.#added = this.#added.filter((slot) => slot.item);
      this.#removed = false;
    }
    if (this.#added.length) {
      this.#order = merge(this.#order, this.#added.sort(byName));
      this.#added = [];
    }
    return (this.#snapshot = this.#order.map((slot) => slot.item!));
  }
}

/** Names are ASCII (RFC 1123 or path segments), where this is byte order. */
const byName = (a: Slot, b: Slot): number => (a.name < b.name ? -1 : 1);

function merge(a: Slot[], b: Slot[]): Slot[] {
  const [last, next] = [a.at(-1), b[0]];
  if (!last || !next || last.name < next.name) return a.concat(b);
  const out: Slot[] = [];
  let j = 0;
  for (const slot of a) {
    for (let other = b[j]; other && other.name <= slot.name; other = b[++j]) out.push(other);
    out.push(slot);
  }
  return out.concat(b.slice(j));
}
