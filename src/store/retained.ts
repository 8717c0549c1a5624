/** Something that can be dropped and made again. */
export interface Forgetful {
  forget(): void;
}

/**
 * Keeps parsed objects and encodings alive within a bound; the longest kept go first. First in, first out and not
 * least recently used: making one again costs microseconds, and bookkeeping at every read would cost as much.
 */
export class Retained {
  #queue: { holder: Forgetful; bytes: number }[] = [];
  #head = 0;
  #bytes = 0;
  readonly #maxEntries: number;
  readonly #maxBytes: number;

  /** `maxBytes` counts the serialised form: parsed objects take about four times as much */
  constructor(maxEntries = 16_384, maxBytes = 24 << 20) {
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
  }

  add(holder: Forgetful, bytes: number): void {
    this.#queue.push({ holder, bytes });
    this.#bytes += bytes;
    while (this.#queue.length - this.#head > this.#maxEntries || this.#bytes > this.#maxBytes) {
      const oldest = this.#queue[this.#head++];
      if (!oldest) break;
      this.#bytes -= oldest.bytes;
      if (oldest.holder !== holder) oldest.holder.forget();
    }
    if (this.#head > this.#maxEntries) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }
}
