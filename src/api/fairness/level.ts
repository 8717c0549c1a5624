import { tooManyRequests, type StatusError } from '../../meta/status.ts';
import { dealHand } from './shuffle.ts';

/** spec of a PriorityLevelConfiguration, with its defaults */
export interface LevelSpec {
  type?: 'Limited' | 'Exempt';
  limited?: {
    nominalConcurrencyShares?: number;
    lendablePercent?: number;
    borrowingLimitPercent?: number;
    limitResponse?: { type: string; queuing?: { queues?: number; handSize?: number; queueLengthLimit?: number } };
  };
}

/** How long a request may wait in a queue. */
export const QUEUE_WAIT_MS = 15_000;
const MAX_HANDS = 1_000;
/** Of a level's seats, the most that one request takes (KEP-1040): else whoever waits for many would empty the level first. */
const WIDEST = 0.15;

export interface Timers {
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}
export type Release = () => void;

interface Waiting {
  seats: number;
  start(release: Release): void;
  timer: unknown;
}
interface Queue {
  waiting: Waiting[];
  /** seats that this queue has had: the one with least goes first */
  served: number;
}

export const refused = (): StatusError => tooManyRequests('Too many requests, please try again later.', 1);

/** The seats of one priority level, and the queues before them. Queues and their lengths are bounded by the level's spec. */
export class Level {
  inUse = 0;
  /** its own seats now */
  nominal = 1;
  private readonly queues: Queue[];
  private readonly handSize: number;
  private readonly fullLength: number;
  private lengthLimit: number;
  private waiting = 0;
  private widest = Number.POSITIVE_INFINITY;
  /** Hands by flow, at most MAX_HANDS: dealing one costs more than refusing a request. */
  private readonly hands = new Map<string, readonly Queue[]>();

  constructor(
    readonly name: string,
    readonly uid: string,
    private readonly spec: LevelSpec,
    private readonly timers: Timers,
    /** seats beyond its own that others can spare now */
    private readonly borrowable: (level: Level) => number,
  ) {
    const response = spec.limited?.limitResponse;
    const queuing = response?.type === 'Queue' ? response.queuing : undefined;
    this.queues = Array.from({ length: response?.type === 'Queue' ? (queuing?.queues ?? 64) : 0 }, () => ({
      waiting: [],
      served: 0,
    }));
    this.handSize = queuing?.handSize ?? 8;
    this.fullLength = this.lengthLimit = queuing?.queueLengthLimit ?? 50;
  }

  /**
   * Said by the controller whenever the levels change, or what the server can afford.
   * @param nominal seats
   * @param share of its strength that the server has: the queues are as long, so that nobody waits for a seat that will not come
   */
  resize(nominal: number, share: number): void {
    this.nominal = nominal;
    this.widest = Math.max(1, Math.floor((nominal / share) * WIDEST));
    this.lengthLimit = Math.ceil(this.fullLength * share);
  }

  get exempt(): boolean {
    return this.spec.type === 'Exempt';
  }
  get shares(): number {
    return this.exempt ? 0 : (this.spec.limited?.nominalConcurrencyShares ?? 30);
  }
  /** Seats that it keeps even when others want more. */
  get guaranteed(): number {
    return this.nominal - Math.round((this.nominal * (this.spec.limited?.lendablePercent ?? 0)) / 100);
  }

  /** Resolves when the request may run. Throws 429 when it may not even wait, or has waited too long. */
  admit(flow: string, width: number): Promise<Release> {
    if (this.exempt) return Promise.resolve(() => undefined);
    const seats = Math.min(width, this.widest);
    if (this.waiting === 0 && this.fits(seats)) return Promise.resolve(this.take(seats));
    const queue = this.hand(flow).reduce<Queue | undefined>(
      (best, q) => (!best || q.waiting.length < best.waiting.length ? q : best),
      undefined,
    );
    if (!queue || queue.waiting.length >= this.lengthLimit) return Promise.reject(refused());
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        seats,
        start: (release) => {
          this.timers.clearTimeout(waiting.timer);
          resolve(release);
        },
        timer: this.timers.setTimeout(() => {
          const at = queue.waiting.indexOf(waiting);
          if (at >= 0) {
            queue.waiting.splice(at, 1);
            this.waiting--;
          }
          reject(refused());
        }, QUEUE_WAIT_MS),
      };
      // a queue that was empty has no claim to what it did not use before
      if (queue.waiting.length === 0) queue.served = Math.max(queue.served, this.leastServed());
      queue.waiting.push(waiting);
      this.waiting++;
    });
  }

  private hand(flow: string): readonly Queue[] {
    let hand = this.hands.get(flow);
    if (!hand) {
      if (this.hands.size >= MAX_HANDS) this.hands.clear();
      hand = dealHand(flow, this.queues.length, this.handSize).map((i) => this.queues[i]!);
      this.hands.set(flow, hand);
    }
    return hand;
  }

  private fits(seats: number): boolean {
    // one that is larger than the level runs alone
    return this.inUse === 0 || this.inUse + seats <= this.nominal || this.inUse + seats <= this.limit();
  }

  private limit(): number {
    const percent = this.spec.limited?.borrowingLimitPercent;
    const mayBorrow = percent === undefined ? Number.POSITIVE_INFINITY : Math.round((this.nominal * percent) / 100);
    return this.nominal + Math.min(mayBorrow, this.borrowable(this));
  }

  private take(seats: number): Release {
    this.inUse += seats;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.inUse -= seats;
      this.dispatch();
    };
  }

  private leastServed(): number {
    const busy = this.queues.filter((q) => q.waiting.length);
    return busy.length ? Math.min(...busy.map((q) => q.served)) : 0;
  }

  /** The queue that has had least goes on, as long as there are seats. */
  dispatch(): void {
    while (this.waiting > 0) {
      const queue = this.queues.reduce<Queue | undefined>(
        (best, q) => (q.waiting.length && (!best || q.served < best.served) ? q : best),
        undefined,
      );
      const next = queue?.waiting[0];
      if (!queue || !next || !this.fits(next.seats)) return;
      queue.waiting.shift();
      this.waiting--;
      queue.served += next.seats;
      next.start(this.take(next.seats));
    }
  }
}
