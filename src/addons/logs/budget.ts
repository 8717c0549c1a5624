/** Bytes that may be taken: so many a second, saved up to `burst`. */
export class Budget {
  private left: number;
  private since: number;

  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
    now: number,
  ) {
    this.left = burst;
    this.since = now;
  }

  /** @param now ms */
  available(now: number): number {
    this.left = Math.min(this.burst, this.left + ((now - this.since) * this.perSecond) / 1000);
    this.since = now;
    return Math.max(0, Math.floor(this.left));
  }

  take(bytes: number): void {
    this.left -= bytes;
  }
}
