/** ms that long work takes of one turn of the event loop */
const TURN_MS = 5;
/**
 * The same of writes that begin. Sixteen patches that come together are to be written together: at 5 ms they often were
 * two commits instead of one, which cost 40 µs more of each.
 */
const BEGINNING_MS = 8;

/**
 * Work of one sort, of which there is a little in each turn of the event loop, and who waits to go on. One queue for all of
 * it, as there is one loop: if each gave way by itself, a hundred that take 5 ms each would still run in one turn.
 */
class Turns {
  private readonly waiting: (() => void)[] = [];
  private first = 0;
  private scheduled = false;
  /** when the first work of this turn of the loop began */
  private began: number | undefined;

  constructor(private readonly ms: number) {}

  /** Resolves when all others that wait have had their turn, and what came from outside has been taken. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      if (this.scheduled) return;
      this.scheduled = true;
      setImmediate(this.give);
    });
  }

  /** Whether somebody waits: then not all that has begun has come to where it waits for something else. */
  get isAwaited(): boolean {
    return this.first < this.waiting.length;
  }

  /** Whoever begins in a turn that has had its work gives way at once: a hundred requests may come in one. */
  turnBegan(): number {
    if (this.began === undefined) {
      this.began = performance.now();
      setImmediate(this.forget);
    }
    return this.began;
  }

  /** Whether this turn has had its work: for those who take many short steps, of which none knows of the others. */
  get isOver(): boolean {
    return performance.now() - this.turnBegan() > this.ms;
  }

  private readonly forget = (): void => void (this.began = undefined);

  /** Lets one after the other go on until their time is up: each runs, in the microtasks that follow, before the next is asked. */
  private readonly give = (): void => {
    this.forget();
    const { waiting } = this;
    const since = performance.now();
    const one = (): void => {
      waiting[this.first++]?.();
      if (this.first < waiting.length) return queueMicrotask(() => process.nextTick(more));
      waiting.length = 0;
      this.first = 0;
      this.scheduled = false;
    };
    const more = (): void => {
      if (performance.now() - since < this.ms) return one();
      waiting.splice(0, this.first);
      this.first = 0;
      setImmediate(this.give);
    };
    one();
  };
}

/** What takes long, and goes on from turn to turn. */
const longWork = new Turns(TURN_MS);
/** Requests that begin: short ones, which wait for each other and not for what takes long. */
const beginnings = new Turns(BEGINNING_MS);

/** Resolves when all others that take long and wait have had their turn, and what came from outside has been taken. */
export const nextTurn = (): Promise<void> => longWork.next();
/** Whether this turn has had its long work: for those who take many short steps, of which none knows of the others. */
export const isTurnOver = (): boolean => longWork.isOver;
/** The same of one that has begun with others, and is for the first time told that its time is over. */
export const turnAmongBeginners = (): Promise<void> => beginnings.next();
/** Whether short requests that write wait for their turn: what they write comes soon. */
export const areWritesComing = (): boolean => beginnings.isAwaited;
/** Whether somebody waits for a turn: then not all that has begun has come to where it waits for something else. */
export const isAnyWaiting = (): boolean => longWork.isAwaited || beginnings.isAwaited;

/**
 * To be asked by a request that writes, before it does: where it came with so many others that they would take a turn of
 * the loop for themselves, a promise of its own turn.
 */
export const turnToBegin = (): Promise<void> | undefined =>
  beginnings.isAwaited || beginnings.isOver ? beginnings.next() : undefined;

/**
 * What one piece of work asks between its steps: whether this turn of the loop has had its long work, whoever has done it. A
 * piece that has waited for something else goes on in another turn than it began in, and has that one's time. One that has
 * not given way yet is short, as far as is known, and has a little more: sixteen pages that are asked for together are then
 * answered in one turn, and not by halves, of which each reads by itself whether what it has is the newest.
 */
export class Slice {
  private ms = BEGINNING_MS;

  /** whether it is the turn of others; asked between steps, as a step itself cannot be cut */
  get over(): boolean {
    return performance.now() - longWork.turnBegan() > this.ms;
  }

  async next(): Promise<void> {
    this.ms = TURN_MS;
    await nextTurn();
    // what is done before it asks again counts too
    longWork.turnBegan();
  }
}
