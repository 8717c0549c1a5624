import { Backoff } from '../pods/backoff.ts';

/** Failures remembered at most; the oldest go first, and their images are pulled without a wait. */
const MAX_ENTRIES = 5000;

interface Failure {
  backoff: Backoff;
  at: number;
  message: string;
}

/** The back-off of failed pulls, for each pod and image, with what was the matter. */
export class PullBackoffs {
  private readonly failures = new Map<string, Failure>();

  /** ms still to wait and why; undefined: go on */
  waiting(key: string, now: number): { ms: number; message: string } | undefined {
    const failure = this.failures.get(key);
    const ms = failure?.backoff.remaining(failure.at, now) ?? 0;
    return failure && ms > 0 ? { ms, message: failure.message } : undefined;
  }

  failed(key: string, message: string, now: number): void {
    const { backoff, at } = this.failures.get(key) ?? { backoff: new Backoff(), at: now };
    backoff.next(at, now);
    this.failures.delete(key);
    this.failures.set(key, { backoff, at: now, message });
    const oldest = this.failures.keys().next().value;
    if (this.failures.size > MAX_ENTRIES && oldest !== undefined) this.failures.delete(oldest);
  }
}
