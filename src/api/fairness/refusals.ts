import type { Timers } from './level.ts';

/** Refusals in one window that are told at once; the others are told later. */
const AT_ONCE = 20;
const WINDOW_MS = 50;
/** ms that a refusal is held: spread, so that those who come back do not come back together. */
const LEAST_MS = 1_000;
const STEP_MS = 100;
const STEPS = 20;
/** Held at once; beyond this they are told at once again. */
const MAX_HELD = 5_000;

/**
 * Refusing costs a server a good part of what serving costs: one that refuses at once whoever asks again at once does
 * nothing else. In a flood refusals are therefore held for one to three seconds, and what a
 * client has in flight (which HTTP/2 bounds by connection) bounds what it can ask.
 */
export class Refusals {
  private held = 0;
  private turn = 0;
  private inWindow = 0;
  private windowEnds = 0;

  constructor(
    private readonly timers: Timers,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Resolves when a refusal may be told; undefined: at once. */
  hold(): Promise<void> | undefined {
    const now = this.now();
    if (now >= this.windowEnds) {
      this.windowEnds = now + WINDOW_MS;
      this.inWindow = 0;
    }
    if (++this.inWindow <= AT_ONCE || this.held >= MAX_HELD) return undefined;
    this.held++;
    const ms = LEAST_MS + (this.turn++ % STEPS) * STEP_MS;
    return new Promise((resolve) => {
      this.timers.setTimeout(() => {
        this.held--;
        resolve();
      }, ms);
    });
  }
}
