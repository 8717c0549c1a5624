/**
 * A bounded queue that is read as an async iterator: what a producer that cannot wait (a watch) hands to a consumer
 * that may be slow (a socket). It is not a generator on purpose: `return()` of a generator waits for a pending `next()`,
 * so a quiet watch could not be ended.
 */
export class Channel<T> implements AsyncIterableIterator<T> {
  private readonly queue: T[] = [];
  private head = 0;
  private readonly waiting: { resolve(result: IteratorResult<T>): void; reject(error: unknown): void }[] = [];
  private over = false;
  private error: unknown;
  private onClose: (() => void) | undefined;

  /**
   * @param limit values that may wait; one more cuts the reader: `push` answers false and the iterator throws `overflow()`
   * @param onClose called once, when the reader leaves or is cut (not when the producer ends it)
   */
  constructor(
    private readonly limit: number,
    private readonly overflow: () => Error,
    onClose?: () => void,
  ) {
    this.onClose = onClose;
  }

  /** values that wait to be read */
  get size(): number {
    return this.queue.length - this.head;
  }

  /** Sets what is called when the reader leaves; called at once if it has already left. */
  closing(onClose: () => void): void {
    if (this.over) onClose();
    else this.onClose = onClose;
  }

  /** False when nobody will read it. */
  push(value: T): boolean {
    if (this.over) return false;
    const reader = this.waiting.shift();
    if (reader) {
      reader.resolve({ done: false, value });
      return true;
    }
    if (this.size >= this.limit) {
      this.drop();
      this.end(this.overflow());
      this.closed();
      return false;
    }
    this.queue.push(value);
    return true;
  }

  /** What waits is still read, then the iterator ends, or throws `error`. */
  end(error?: unknown): void {
    if (this.over) return;
    this.over = true;
    this.error = error;
    for (const reader of this.waiting.splice(0)) this.finish(reader);
  }

  next(): Promise<IteratorResult<T>> {
    if (this.head < this.queue.length) {
      const value = this.queue[this.head++]!;
      if (this.head === this.queue.length || this.head > 1024) {
        this.queue.splice(0, this.head);
        this.head = 0;
      }
      return Promise.resolve({ done: false, value });
    }
    return new Promise((resolve, reject) => {
      if (this.over) this.finish({ resolve, reject });
      else this.waiting.push({ resolve, reject });
    });
  }

  return(): Promise<IteratorResult<T>> {
    this.drop();
    this.end();
    this.error = undefined;
    this.closed();
    return Promise.resolve({ done: true, value: undefined });
  }

  throw(error: unknown): Promise<IteratorResult<T>> {
    void this.return();
    return Promise.reject(error instanceof Error ? error : new Error(String(error)));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private drop(): void {
    this.queue.length = 0;
    this.head = 0;
  }

  private closed(): void {
    const close = this.onClose;
    this.onClose = undefined;
    close?.();
  }

  private finish(reader: { resolve(result: IteratorResult<T>): void; reject(error: unknown): void }): void {
    const error = this.error;
    this.error = undefined;
    if (error === undefined) reader.resolve({ done: true, value: undefined });
    else reader.reject(error);
  }
}
