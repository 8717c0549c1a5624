/** Large operations of one user that are run and answered at once: others of his wait, as they would for the event loop. */
const PER_USER = 1;

interface OfUser {
  held: number;
  readonly waiting: (() => void)[];
}

/**
 * Places for operations that have become large (budget.ts): what they hold, until their answer has been taken, is what
 * one user can make this process hold.
 */
export class Places {
  private readonly byUser = new Map<string, OfUser>();

  constructor(private readonly perUser = PER_USER) {}

  /** Waits for a place; the result gives it back. */
  async enter(user: string): Promise<() => void> {
    let mine = this.byUser.get(user);
    if (!mine) this.byUser.set(user, (mine = { held: 0, waiting: [] }));
    const { waiting } = mine;
    if (mine.held < this.perUser) mine.held++;
    // the place of who leaves
    else await new Promise<void>((resolve) => waiting.push(resolve));
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.leave(user, mine);
    };
  }

  private leave(user: string, mine: OfUser): void {
    const next = mine.waiting.shift();
    if (next) return next();
    if (--mine.held === 0) this.byUser.delete(user);
  }
}
