import type { StoreEvent } from './contract.ts';
import { UnreadableItem } from './sealed-item.ts';

/**
 * The newest events of all resources, bounded in number and in bytes. Revisions have no gaps, so an event is found by
 * subtraction.
 */
export class Ring {
  #events: (StoreEvent | undefined)[] = [];
  #head = 0;
  #bytes = 0;
  /** the revision after which the ring knows everything */
  #since: number;
  readonly #maxEvents: number;
  readonly #maxBytes: number;

  constructor(since: number, maxEvents: number, maxBytes: number) {
    this.#since = since;
    this.#maxEvents = maxEvents;
    this.#maxBytes = maxBytes;
  }

  /** Events after this revision are all here. */
  get since(): number {
    return this.#since;
  }

  push(event: StoreEvent): void {
    this.#events.push(event);
    this.#bytes += sizeOf(event);
    while (this.#events.length - this.#head > this.#maxEvents || this.#bytes > this.#maxBytes) {
      const oldest = this.#events[this.#head];
      if (!oldest) break;
      this.#events[this.#head++] = undefined;
      this.#bytes -= sizeOf(oldest);
      this.#since = oldest.revision;
    }
    if (this.#head > 1024 && this.#head * 2 > this.#events.length) {
      this.#events = this.#events.slice(this.#head);
      this.#head = 0;
    }
  }

  at(revision: number): StoreEvent | undefined {
    return revision > this.#since ? this.#events[this.#head + (revision - this.#since) - 1] : undefined;
  }

  /** Events with a revision above `from`, which must not be below `since`; oldest first. */
  after(from: number, wanted: (event: StoreEvent) => boolean): StoreEvent[] {
    const found: StoreEvent[] = [];
    for (let i = this.#head + (from - this.#since); i < this.#events.length; i++) {
      const event = this.#events[i]!;
      if (wanted(event)) found.push(event);
    }
    return found;
  }
}

const sizeOf = ({ stored }: StoreEvent): number => (stored instanceof UnreadableItem ? 0 : stored.bytes.length);
