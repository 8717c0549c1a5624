import type { Attributes } from '../../api/contract.ts';
import { isTurnOver, nextTurn } from '../../api/fairness/turns.ts';
import type { StatusError } from '../../meta/status.ts';
import type { JsonText } from '../json-text.ts';
import type { Place } from './batches.ts';

/** The payload that an event is; undefined: it turns out to be none. */
export type Payload = JsonText | undefined;

/** Holds the rights by which one reads, as Api.hold for its context. Throws 403. */
export type Hold = (rights: readonly Attributes[], onLost: (why: StatusError) => void) => () => void;

/** What a subscriber reads: a Subscription. */
interface Queue {
  /** What is at its place, which goes on by one; undefined: nothing is there yet. */
  take(subscriber: Subscriber): { payload: Payload | Promise<Payload> } | undefined;
  /** What it is told that has read all: whether that was all, and the last payload. */
  ending(): { last: JsonText | undefined } | undefined;
  /** What it is told last that may not read on. */
  refusal(why: unknown): JsonText;
  leave(subscriber: Subscriber): void;
}

type Result = IteratorResult<JsonText>;
const DONE: Result = { done: true, value: undefined };

/**
 * A reader of a subscription, by its own rights. Errors are its last payload; it throws only when it was cut for being slow.
 */
export class Subscriber implements AsyncIterableIterator<JsonText> {
  /** it is to be told the latest state next */
  behind = false;
  /** it reads for a client, and of what is there already takes no more than its share of a turn of the loop */
  takesTurns = false;
  private over = false;
  private error: unknown;
  private last: JsonText | undefined;
  private letGo: (() => void) | undefined;
  private onLost: (() => void) | undefined;
  private waiting: ((result: Result | Promise<Result>) => void) | undefined;

  constructor(
    private readonly queue: Queue,
    public place: Place,
    private readonly hold: Hold,
    private resume: string | undefined,
  ) {}

  /** From now on it reads by these rights too. Throws 403. */
  stand(rights: readonly Attributes[]): void {
    const before = this.letGo;
    const own = this.hold(rights, (why) => this.lose(why));
    this.letGo = () => {
      before?.();
      own();
    };
  }

  /** It may not read on: what it has not read it is not given, but the reason. */
  lose(why: unknown): void {
    if (this.over) return;
    this.over = true;
    this.last = this.queue.refusal(why);
    this.queue.leave(this);
    this.wake();
    this.onLost?.();
  }

  /** @param listener told when it may not read on, so that who does not take the reason can be cut */
  whenLost(listener: () => void): void {
    this.onLost = listener;
  }

  /**
   * To be called again only when it has answered. Who reads on and on, as a socket does that takes megabytes of a client
   * that reads nothing, never waits by itself.
   */
  next(): Promise<Result> {
    if (this.takesTurns && isTurnOver()) return nextTurn().then(() => this.next());
    const result = this.read();
    if (result) return Promise.resolve(result);
    return new Promise((resolve) => (this.waiting = resolve));
  }

  /** Ends it, and a `next()` that waits. */
  return(): Promise<Result> {
    this.over = true;
    this.error = undefined;
    this.last = undefined;
    this.queue.leave(this);
    this.wake();
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** It reads no more: whatever its rights become, it does not matter. */
  left(): void {
    this.letGo?.();
    this.letGo = undefined;
  }

  fail(error: unknown): void {
    this.over = true;
    this.error = error;
  }

  /** Something has changed: who waits is given what it waits for, without a turn in between. */
  wake(): void {
    const { waiting } = this;
    if (!waiting) return;
    // reading may push what wakes it again
    this.waiting = undefined;
    const result = this.read();
    if (result) waiting(result);
    else this.waiting = waiting;
  }

  private get isOver(): boolean {
    return this.over;
  }

  /** Where it goes on, the first time that it is asked. */
  resumes(): string | undefined {
    const { resume } = this;
    this.resume = undefined;
    return resume;
  }

  /** What `next()` answers now; undefined: it has to wait. */
  private read(): Result | Promise<Result> | undefined {
    while (!this.over) {
      const taken = this.queue.take(this);
      if (taken?.payload instanceof Promise) return this.later(taken.payload);
      if (taken?.payload !== undefined) return { done: false, value: taken.payload };
      if (taken || this.isOver) continue;
      const ending = this.queue.ending();
      if (!ending) return undefined;
      this.over = true;
      this.queue.leave(this);
      if (ending.last !== undefined) return { done: false, value: ending.last };
    }
    const { error, last } = this;
    this.error = undefined;
    this.last = undefined;
    if (last !== undefined) return { done: false, value: last };
    return error === undefined ? DONE : Promise.reject(error as Error);
  }

  /** A payload that takes its time: the right may be lost meanwhile, or it is none. */
  private async later(payload: Promise<Payload>): Promise<Result> {
    const value = await payload;
    if (this.last !== undefined) return this.read() ?? DONE;
    return value === undefined ? this.next() : { done: false, value };
  }
}
