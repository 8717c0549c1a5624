/** ms between two looks at the event loop */
const EVERY_MS = 50;
/** A loop that is so late has more to do than it can; one that is less late than CALM_MS has room. */
const LATE_MS = 60;
const CALM_MS = 20;
/** What is left of the seats at worst, and how fast they go and come: at worst in ⅕ s, whole again in 1 s. */
const LEAST = 0.25;
const SHRINK = 0.65;
const GROW = 0.05;

/**
 * How many of its seats a server can afford, from how late its event loop is. Requests that run at once only wait for
 * each other there, so a server that is behind lets fewer run, and refuses the others while that is still cheap.
 */
export class Pressure {
  /** 1: all seats; never below LEAST */
  share = 1;
  private readonly timer: NodeJS.Timeout;
  private expected = performance.now() + EVERY_MS;

  /** @param changed called after each look that has changed `share` */
  constructor(private readonly changed: () => void) {
    this.timer = setInterval(() => {
      const now = performance.now();
      this.look(now - this.expected);
      this.expected = now + EVERY_MS;
    }, EVERY_MS);
    this.timer.unref();
  }

  /** One look: the loop was late by so many ms. */
  look(late: number): void {
    const before = this.share;
    if (late >= LATE_MS) this.share = Math.max(LEAST, before * SHRINK);
    else if (late < CALM_MS) this.share = Math.min(1, before + GROW);
    if (this.share !== before) this.changed();
  }

  close(): void {
    clearInterval(this.timer);
  }
}
