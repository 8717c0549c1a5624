import { tooManyAtOnce, type LimitName } from '../limit-error.ts';

/** What live queries cost as long as they are open. */
export type LiveLimit = Extract<LimitName, 'liveQueries' | 'liveObjects' | 'liveRelations'>;
export type LiveBounds = Readonly<Record<LiveLimit, number>>;

const PER_USER: LiveBounds = { liveQueries: 200, liveObjects: 1_000_000, liveRelations: 100 };
/** of all users together */
const TOGETHER: LiveBounds = { liveQueries: 1_000, liveObjects: 5_000_000, liveRelations: 500 };

const WHAT: Readonly<Record<LiveLimit, string>> = {
  liveQueries: 'live queries of different objects or orders',
  liveObjects: 'objects in live queries',
  liveRelations: 'live queries that show relations',
};

type Counts = Record<LiveLimit, number>;
const none = (): Counts => ({ liveQueries: 0, liveObjects: 0, liveRelations: 0 });

/** Counts what live queries hold against what a user may, and all may together. */
export class LiveCounts {
  private readonly byUser = new Map<string, Counts>();
  private readonly all = none();

  constructor(
    private readonly perUser = PER_USER,
    private readonly together = TOGETHER,
  ) {}

  /** Throws 429, and has counted nothing then. @param count less than 0 for what is held no more */
  add(user: string, what: LiveLimit, count: number): void {
    const mine = this.byUser.get(user) ?? none();
    if (count > 0) {
      const [own, all] = [this.perUser[what], this.together[what]];
      if (mine[what] + count > own)
        throw tooManyAtOnce(what, own, `user ${JSON.stringify(user)} may have ${own} ${WHAT[what]}`);
      if (this.all[what] + count > all)
        throw tooManyAtOnce(what, all, `all users together may have ${all} ${WHAT[what]}`);
    }
    mine[what] += count;
    this.all[what] += count;
    const hasAny = mine.liveQueries > 0 || mine.liveObjects > 0 || mine.liveRelations > 0;
    if (hasAny) this.byUser.set(user, mine);
    else this.byUser.delete(user);
  }
}
