import type { Attributes } from '../../api/contract.ts';
import { tooManyRequests } from '../../meta/status.ts';
import type { JsonText } from '../json-text.ts';
import { Subscriber, type Hold, type Payload } from './subscriber.ts';

/**
 * Batches that a subscriber may be behind, and bytes of their objects beyond the state that it began with; a slower one is
 * cut with 429 and resumes from its revision, the others go on.
 */
const MAX_BEHIND = 1024;
const MAX_BYTES_BEHIND = 8 * 1024 * 1024;
/** Events from the start, and their bytes, that are kept for those who join later. */
const MAX_REPLAY = 1024;
const MAX_REPLAY_BYTES = 1024 * 1024;
/** Texts that are kept for those who read at another pace. */
const MAX_TEXTS = 64;
/** Of a subscription that has a latest state: who is so far behind is told that instead. */
const MAX_BEHIND_LATEST = 64;
const MAX_BYTES_BEHIND_LATEST = 1024 * 1024;
/** From here on a source that can wait does. */
const PACED_BEHIND = 256;
const PACED_BYTES_BEHIND = 512 * 1024;

export type TextOf = (event: object) => Payload | Promise<Payload>;

/**
 * An event that stands for all that was pushed until now, or for what of it comes after `resume`, which an earlier payload
 * has told. The answer's place is that of the call, however long it takes.
 */
export type Latest = (resume: string | undefined) => object | Promise<object>;

const holdNothing: Hold = () => () => undefined;

/** Events that came together, and how many subscribers have not read through them. */
interface Batch {
  readonly events: readonly object[];
  readonly bytes: number;
  unread: number;
}

/**
 * One execution of a subscription, and all who read it: the one queue between a watch, which cannot wait, and sockets,
 * which may be slow. Each subscriber has its place in it, and an event becomes text when the first of them comes to it.
 * Who joins begins at the start, so that a watch from a revision misses no event, whoever began it; and where there is a
 * latest state, with that, as who is too slow for what comes goes on with it.
 */
export class Subscription {
  private readonly batches: Batch[] = [];
  /** number of the oldest batch that is kept */
  private first = 0;
  private readonly subscribers = new Set<Subscriber>();
  private readonly texts = new Map<object, Payload | Promise<Payload>>();
  private replay = { events: 0, bytes: 0 };
  /** bytes of all batches that were pushed, of those that are kept no more, and of the state at the beginning */
  private bytes = { pushed: 0, forgotten: 0, initial: 0 };
  private last: JsonText | undefined;
  private latest: Latest | undefined;
  private over = false;
  private stop: (() => void) | undefined;
  private onRead: (() => void) | undefined;
  /** that its source was opened by, once it is */
  private rights: readonly Attributes[] | undefined;

  /**
   * @param refused an error as a payload, which is then the last one
   * @param onOver called once, when no more events come or nobody is left to read them
   */
  constructor(
    private readonly textOf: TextOf,
    private readonly refused: (error: unknown) => JsonText,
    private readonly onOver: () => void = () => undefined,
  ) {}

  /** One payload and the end. */
  static of(text: JsonText): Subscriber {
    const subscription = new Subscription(
      () => text,
      () => text,
    );
    const subscriber = subscription.join();
    subscription.finish(text);
    return subscriber;
  }

  /** It is still known from the start, or what it has come to is. */
  get joinable(): boolean {
    return !this.over && (this.latest !== undefined || this.replayable);
  }

  private get replayable(): boolean {
    return this.replay.events <= MAX_REPLAY && this.replay.bytes <= MAX_REPLAY_BYTES;
  }

  /**
   * @param hold by which the reader keeps its rights: they are its own, whoever began. Throws 403.
   * @param resume what the reader was told last before it lost its connection, where there is a latest state
   */
  join(hold: Hold = holdNothing, resume?: string): Subscriber {
    const subscriber = new Subscriber(this, { batch: this.first, bytes: this.bytes.forgotten }, hold, resume);
    if (this.rights) subscriber.stand(this.rights);
    for (const batch of this.batches) batch.unread++;
    this.subscribers.add(subscriber);
    if (this.latest) this.toLatest(subscriber);
    return subscriber;
  }

  /** From now on there is a latest state: all begin with it. */
  tellsLatest(latest: Latest): void {
    if (this.over) return;
    this.latest = latest;
    for (const subscriber of this.subscribers) {
      this.toLatest(subscriber);
      subscriber.wake();
    }
  }

  /** Who reads on is told all anew. */
  beginsAnew(): void {
    for (const subscriber of this.subscribers) {
      this.toLatest(subscriber);
      subscriber.wake();
    }
  }

  /** Its source was opened by these rights, besides those before, which each reader must have as long as it reads. */
  openedBy(rights: readonly Attributes[]): void {
    if (this.over) return;
    this.rights = [...(this.rights ?? []), ...rights];
    for (const subscriber of this.subscribers) {
      try {
        subscriber.stand(rights);
      } catch (error) {
        subscriber.lose(error);
      }
    }
  }

  /** For a source that can wait: what it is told by when readers have gone on, so that `full` may have changed. */
  paces(onRead: () => void): void {
    this.onRead = onRead;
  }

  /** One of those who read is so far behind that a source that can wait should. */
  get full(): boolean {
    const { newest } = this;
    const { pushed } = this.bytes;
    for (const { batch, bytes } of this.subscribers)
      if (newest - batch >= PACED_BEHIND || pushed - bytes >= PACED_BYTES_BEHIND) return true;
    return false;
  }

  /** What a reader is told last that may not read on. */
  refusal(why: unknown): JsonText {
    return this.refused(why);
  }

  /** What graphql-js takes for the source of a subscription's events. */
  [Symbol.asyncIterator](): Subscriber {
    return this.join();
  }

  /**
   * @param bytes of the events' objects, about
   * @param initial they are the state that it begins with, all of which comes at once
   */
  push(events: readonly object[], bytes: number, initial = false): void {
    if (this.over || events.length === 0) return;
    this.bytes.pushed += bytes;
    if (initial) this.bytes.initial += bytes;
    if (!this.latest) {
      this.replay.events += events.length;
      this.replay.bytes += bytes;
    }
    this.batches.push({ events, bytes, unread: this.subscribers.size });
    this.forget();
    const { newest } = this;
    const [behind, bytesOfThem] = this.latest
      ? [MAX_BEHIND_LATEST, MAX_BYTES_BEHIND_LATEST]
      : [MAX_BEHIND, MAX_BYTES_BEHIND];
    for (const subscriber of this.subscribers) {
      const bytesBehind = this.bytes.pushed - subscriber.bytes - this.bytes.initial;
      if (newest - subscriber.batch > behind || bytesBehind > bytesOfThem) this.isTooSlow(subscriber);
      subscriber.wake();
    }
  }

  /** No more events come; an error is told to all. */
  end(error?: unknown): void {
    this.finish(error === undefined ? undefined : this.refused(error));
  }

  /** @param last payload after all events */
  finish(last?: JsonText): void {
    if (this.over) return;
    this.over = true;
    this.last = last;
    this.onOver();
    for (const subscriber of this.subscribers) subscriber.wake();
  }

  /** Sets what ends the source; called at once where nobody reads any more. */
  closing(stop: () => void): void {
    if (this.over) stop();
    else this.stop = stop;
  }

  /** The payload at a subscriber's place, which goes on by one. Undefined: nothing is there yet. */
  take(subscriber: Subscriber): { payload: Payload | Promise<Payload> } | undefined {
    if (this.latest && subscriber.behind) {
      const event = this.latestFor(subscriber);
      if (!event) return undefined;
      // what was pushed until now is in it
      this.toLatest(subscriber);
      subscriber.behind = false;
      if (!(event instanceof Promise)) return { payload: this.text(event) };
      return { payload: event.then((one) => this.text(one)).catch((error: unknown) => this.refused(error)) };
    }
    const batch = this.batches[subscriber.batch - this.first];
    if (!batch) return undefined;
    const event = batch.events[subscriber.at++]!;
    if (subscriber.at === batch.events.length) {
      subscriber.batch++;
      subscriber.bytes += batch.bytes;
      subscriber.at = 0;
      batch.unread--;
      this.forget();
      this.onRead?.();
    }
    return { payload: this.text(event) };
  }

  /** What a subscriber is told that has read all: whether that was all, and the last payload. */
  ending(): { last: JsonText | undefined } | undefined {
    return this.over ? { last: this.last } : undefined;
  }

  leave(subscriber: Subscriber): void {
    if (!this.subscribers.delete(subscriber)) return;
    subscriber.left();
    for (let i = subscriber.batch - this.first; i < this.batches.length; i++) this.batches[i]!.unread--;
    this.forget();
    if (this.subscribers.size > 0) return this.onRead?.();
    this.finish();
    const { stop } = this;
    this.stop = undefined;
    stop?.();
  }

  /** number of the batch that comes next */
  private get newest(): number {
    return this.first + this.batches.length;
  }

  /** Undefined: it cannot go on where it asks to, and has been told why. */
  private latestFor(subscriber: Subscriber): ReturnType<Latest> | undefined {
    try {
      return this.latest?.(subscriber.resumes());
    } catch (error) {
      subscriber.lose(error);
      return undefined;
    }
  }

  /** Puts a subscriber to the end, with the latest state to be read first. */
  private toLatest(subscriber: Subscriber): void {
    for (let i = subscriber.batch - this.first; i < this.batches.length; i++) this.batches[i]!.unread--;
    subscriber.batch = this.newest;
    subscriber.at = 0;
    subscriber.bytes = this.bytes.pushed;
    subscriber.behind = true;
    this.forget();
  }

  private isTooSlow(subscriber: Subscriber): void {
    if (this.latest) return this.toLatest(subscriber);
    this.leave(subscriber);
    subscriber.fail(tooManyRequests('the subscription is read too slowly', 1));
  }

  private forget(): void {
    if (!this.latest && this.replayable && !this.over) return;
    while (this.batches[0]?.unread === 0) {
      this.bytes.forgotten += this.batches.shift()?.bytes ?? 0;
      this.first++;
    }
  }

  private text(event: object): Payload | Promise<Payload> {
    const known = this.texts.get(event);
    if (known !== undefined || this.texts.has(event)) return known;
    const made = this.made(event);
    if (this.subscribers.size > 1) {
      this.texts.set(event, made);
      if (this.texts.size > MAX_TEXTS) this.texts.delete(this.texts.keys().next().value!);
    }
    return made;
  }

  private made(event: object): Payload | Promise<Payload> {
    try {
      return this.textOf(event);
    } catch (error) {
      return this.refused(error);
    }
  }
}
