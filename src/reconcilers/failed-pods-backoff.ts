/** ms until what failed again is deleted again: doubled from the first to the last. */
const FIRST = 1_000;
const LAST = 15 * 60_000;
/** What has not failed for so long begins anew, ms. */
const FORGOTTEN = 2 * LAST;
/** Places that are remembered; beyond that the one that has failed least lately is forgotten. */
const MAX_KNOWN = 10_000;

/**
 * How long a place waits before its failed pod is replaced: where a node refuses each pod, they would otherwise be made
 * and deleted as fast as the API takes it. Source: failedPodsBackoff of the daemon set controller.
 */
export class FailedPodsBackoff {
  /** by the place, the one that has failed least lately first */
  private readonly known = new Map<string, { delay: number; at: number }>();

  /** Whether the failed pod may be deleted now, which counts: 0, or the ms until it may. */
  next(place: string, now: number): number {
    const before = this.known.get(place);
    const isFresh = before !== undefined && now - before.at <= FORGOTTEN;
    const left = isFresh ? before.at + before.delay - now : 0;
    if (left > 0) return left;
    this.known.delete(place);
    for (const [other, { at }] of this.known) {
      if (this.known.size < MAX_KNOWN && now - at <= FORGOTTEN) break;
      this.known.delete(other);
    }
    this.known.set(place, { delay: isFresh ? Math.min(LAST, before.delay * 2) : FIRST, at: now });
    return 0;
  }
}
