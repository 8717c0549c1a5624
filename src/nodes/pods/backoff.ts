/** Restart delays of containers and image pulls, ms (the kubelet's MaxContainerBackOff and backOffPeriod). */
const FIRST_DELAY = 10_000;
const LAST_DELAY = 300_000;

/**
 * The kubelet's back-off: none before the first repetition, then 10 s doubled up to 5 minutes; forgotten when twice the
 * longest delay passed between two failures.
 */
export class Backoff {
  private delay = 0;
  private updated = 0;

  /** ms still to wait at `now` after an event at `since`; 0: go on */
  remaining(since: number, now: number): number {
    if (!this.delay || this.expired(since)) return 0;
    return Math.max(0, since + this.delay - now);
  }

  /** Counts a repetition at `now` of what last ended at `since`. */
  next(since: number, now: number): void {
    this.delay = !this.delay || this.expired(since) ? FIRST_DELAY : Math.min(this.delay * 2, LAST_DELAY);
    this.updated = now;
  }

  /** The current delay, ms. */
  get current(): number {
    return this.delay;
  }

  private expired(at: number): boolean {
    return at - this.updated > 2 * LAST_DELAY;
  }
}
