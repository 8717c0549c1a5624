/** ms that all long work of this process takes of one turn of the event loop */
const TURN_MS = 5;

/**
 * Who has worked long enough and waits to go on. One queue for the process, as there is one event loop: if each gave way
 * by itself, a hundred that take 5 ms each would still run in one turn of the loop.
 */
const waiting: (() => void)[] = [];
let first = 0;
let scheduled = false;

/** Resolves when all others that wait have had their turn, and what came from outside has been taken. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (scheduled) return;
    scheduled = true;
    setImmediate(give);
  });
}

/** Whether somebody waits for a turn: then not all that has begun has come to where it waits for something else. */
export const isAnyWaiting = (): boolean => first < waiting.length;

/** When the first long work of this turn of the loop began. */
let began: number | undefined;
const forget = (): void => void (began = undefined);

/** Whoever begins in a turn that has had its long work gives way at once: a hundred requests may come in one. */
function turnBegan(): number {
  if (began === undefined) {
    began = performance.now();
    setImmediate(forget);
  }
  return began;
}

/** Whether this turn has had its long work: for those who take many short steps, of which none knows of the others. */
export const isTurnOver = (): boolean => performance.now() - turnBegan() > TURN_MS;

/** Lets one after the other go on until their time is up: each runs, in the microtasks that follow, before the next is asked. */
function give(): void {
  forget();
  const since = performance.now();
  const one = (): void => {
    waiting[first++]?.();
    if (first < waiting.length) return queueMicrotask(() => process.nextTick(more));
    waiting.length = 0;
    first = 0;
    scheduled = false;
  };
  const more = (): void => {
    if (performance.now() - since < TURN_MS) return one();
    waiting.splice(0, first);
    first = 0;
    setImmediate(give);
  };
  one();
}

/** The time that one piece of work takes between two turns, of that which all pieces have together. */
export class Slice {
  private since = turnBegan();

  /** whether it is the turn of others; asked between steps, as a step itself cannot be cut */
  get over(): boolean {
    return performance.now() - this.since > TURN_MS;
  }

  async next(): Promise<void> {
    await nextTurn();
    this.since = turnBegan();
  }
}
