import type { Attributes } from '../../api/contract.ts';
import { tooManyRequests } from '../../meta/status.ts';
import type { JsonText } from '../json-text.ts';
import { Batches } from './batches.ts';
import { EventTexts, type TextOf } from './event-texts.ts';
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
/** Of a subscription that has a latest state: who is so far behind is told that instead. */
const MAX_BEHIND_LATEST = 64;
const MAX_BYTES_BEHIND_LATEST = 1024 * 1024;
/** From here on a source that can wait does. */
const PACED_BEHIND = 256;
const PACED_BYTES_BEHIND = 512 * 1024;

/**
 * An event that stands for all that was pushed until now, or for what of it comes after `resume`, which an earlier payload
 * has told. The answer's place is that of the call, however long it takes.
 */
export type Latest = (resume: string | undefined) => object | Promise<object>;

const holdNothing: Hold = () => () => undefined;

/**
 * One execution of a subscription, and all who read it: the one queue between a watch, which cannot wait, and sockets,
 * which may be slow. Each subscriber has its place in it, and an event becomes text when the first of them comes to it.
 * Who joins begins at the start, so that a watch from a revision misses no event, whoever began it; and where there is a
 * latest state, with that, as who is too slow for what comes goes on with it.
 */
export class Subscription {
  private readonly batches = new Batches();
  private readonly subscribers = new Set<Subscriber>();
  private readonly texts: EventTexts;
  private replay = { events: 0, bytes: 0 };
  /** bytes of the state at the beginning */
  private initialBytes = 0;
  /** it says when its state has been told, and something has happened since */
  private overtaken = false;
  private endsState = false;
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
    textOf: TextOf,
    private readonly refused: (error: unknown) => JsonText,
    private readonly onOver: () => void = () => undefined,
  ) {
    this.texts = new EventTexts(textOf, refused);
  }

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
    return !this.over && (this.latest !== undefined || (this.replayable && !this.overtaken));
  }

  private get replayable(): boolean {
    return this.replay.events <= MAX_REPLAY && this.replay.bytes <= MAX_REPLAY_BYTES;
  }

  /**
   * @param hold by which the reader keeps its rights: they are its own, whoever began. Throws 403.
   * @param resume what the reader was told last before it lost its connection, where there is a latest state
   */
  join(hold: Hold = holdNothing, resume?: string): Subscriber {
    const subscriber = new Subscriber(this, this.batches.start, hold, resume);
    if (this.rights) subscriber.stand(this.rights);
    this.batches.joined();
    this.subscribers.add(subscriber);
    if (this.latest) this.toLatest(subscriber);
    return subscriber;
  }

  /**
   * It begins with the state and says when that has been told, which is a promise: it is no older than the moment at which
   * one asked. So who comes when something has happened since does not join.
   */
  promisesState(): void {
    this.endsState = true;
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
    const { batches } = this;
    for (const { place } of this.subscribers)
      if (batches.newest - place.batch >= PACED_BEHIND || batches.ahead(place) >= PACED_BYTES_BEHIND) return true;
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
    if (initial) this.initialBytes += bytes;
    else if (this.endsState && bytes > 0) this.overtaken = true;
    if (!this.latest) {
      this.replay.events += events.length;
      this.replay.bytes += bytes;
    }
    this.batches.push(events, bytes, this.subscribers.size);
    this.forget();
    for (const subscriber of this.subscribers) {
      if (this.isFarBehind(subscriber)) this.isTooSlow(subscriber);
      subscriber.wake();
    }
  }

  /** An event that was pushed turns out to be heavier than was said. */
  weigh(event: object, bytes: number): void {
    this.batches.weigh(
      event,
      bytes,
      [...this.subscribers].map(({ place }) => place),
    );
    for (const subscriber of this.subscribers) if (this.isFarBehind(subscriber)) this.isTooSlow(subscriber);
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
    const taken = this.batches.take(subscriber.place);
    if (!taken) return undefined;
    if (taken.isLast) {
      this.forget();
      this.onRead?.();
    }
    return { payload: this.text(taken.event) };
  }

  /** What a subscriber is told that has read all: whether that was all, and the last payload. */
  ending(): { last: JsonText | undefined } | undefined {
    return this.over ? { last: this.last } : undefined;
  }

  leave(subscriber: Subscriber): void {
    if (!this.subscribers.delete(subscriber)) return;
    subscriber.left();
    this.batches.left(subscriber.place);
    this.forget();
    if (this.subscribers.size > 0) return this.onRead?.();
    this.finish();
    const { stop } = this;
    this.stop = undefined;
    stop?.();
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
    this.batches.left(subscriber.place);
    subscriber.place = this.batches.end;
    subscriber.behind = true;
    this.forget();
  }

  private isFarBehind({ place }: Subscriber): boolean {
    const { batches, latest } = this;
    const [most, mostBytes] = latest ? [MAX_BEHIND_LATEST, MAX_BYTES_BEHIND_LATEST] : [MAX_BEHIND, MAX_BYTES_BEHIND];
    return batches.newest - place.batch > most || batches.ahead(place) - this.initialBytes > mostBytes;
  }

  private isTooSlow(subscriber: Subscriber): void {
    if (this.latest) return this.toLatest(subscriber);
    this.leave(subscriber);
    subscriber.fail(tooManyRequests('the subscription is read too slowly', 1));
  }

  private forget(): void {
    if (!this.latest && this.replayable && !this.over) return;
    this.batches.forget();
  }

  private text(event: object): Payload | Promise<Payload> {
    return this.texts.of(event, this.subscribers.size > 1);
  }
}
