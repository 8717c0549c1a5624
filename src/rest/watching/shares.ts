/** Bytes that all watches of one user may have on the way to clients that do not take them, by equal shares. */
const BUDGET = 16 * 1024 * 1024;
/** The most that one watch has, encoded ahead of its connection and at one go … */
const MAX_SHARE = 256 * 1024;
/** … and the least, however many there are. */
const MIN_SHARE = 8 * 1024;

/** What the watches of each user have of memory until their clients take it. */
export class Shares {
  private readonly users = new Map<string, User>();

  /** That of one watch, to be closed with it. */
  of(name: string): Share {
    const user = this.users.get(name) ?? new User();
    this.users.set(name, user);
    user.watches++;
    return new Share(user, () => {
      if (--user.watches === 0) this.users.delete(name);
    });
  }
}

class User {
  watches = 0;
  /** those whose clients have not taken what they have been sent */
  behind = 0;
  /** bytes of large frames that were made for one watch alone, and have not all gone out */
  held = 0;
  /** who has such a frame to make, and no room for it */
  readonly line = new Set<() => void>();

  /** Lets who waits make their frames, one after the other, as far as there is room. */
  admit(): void {
    for (const next of this.line) {
      if (this.held >= BUDGET) return;
      this.line.delete(next);
      next();
    }
  }
}

/** One watch's share. */
export class Share {
  private isBehind = false;
  private held = 0;
  private waiting: (() => void) | undefined;

  constructor(
    private readonly user: User,
    private readonly closed: () => void,
  ) {}

  /** bytes that may be on their way before the client has taken some */
  get size(): number {
    return Math.max(MIN_SHARE, Math.min(MAX_SHARE, Math.floor(BUDGET / Math.max(1, this.user.behind))));
  }

  /** Whether its client has yet to take what it was sent. */
  set behind(is: boolean) {
    if (is !== this.isBehind) this.user.behind += is ? 1 : -1;
    this.isBehind = is;
  }

  /** Whether there is room for another large frame of one watch alone; if not, calls back once there is some. */
  hasRoom(later: () => void): boolean {
    if (this.user.held < BUDGET) return true;
    this.waiting = later;
    this.user.line.add(later);
    return false;
  }

  /** So much of such a frame has yet to go out. */
  hold(bytes: number): void {
    this.held += bytes;
    this.user.held += bytes;
  }

  /** It has gone out. */
  release(): void {
    if (this.held === 0) return;
    this.user.held -= this.held;
    this.held = 0;
    this.user.admit();
  }

  close(): void {
    this.behind = false;
    if (this.waiting) this.user.line.delete(this.waiting);
    this.release();
    this.closed();
  }
}
