import type { Timers } from '../../rules/clock.ts';
import type { Stored } from '../../store/contract.ts';
import { LiveChanges, LiveResult, type LiveEvent, type LivePlace, type Step } from './live-event.ts';
import type { ResumeToken } from './resume-token.ts';
import { stepsBetween } from './steps-between.ts';
import type { Subscription } from './subscription.ts';
import type { Entry, LiveView, ViewChange, ViewListener } from './view.ts';

/** ms between two payloads: what happens meanwhile is told together. */
const FRAME_MS = 10;
/** Steps of one payload beyond as many as there are items, from which on the whole result is shorter. */
const MORE_STEPS = 100;

export interface WindowOptions {
  /** items that are looked at */
  readonly first: number;
  /** whether the document asks for the number of all */
  readonly counts: boolean;
  readonly timers: Timers;
  readonly token: ResumeToken;
}

/** A step whose object is, when it is told, as it is then. */
interface Waiting extends Pick<Step, 'type' | 'from' | 'to' | 'before'> {
  readonly entry: Entry;
}

/**
 * The first items of a view, as one document's subscribers are told of them: as steps from one result to the next, or
 * whole, to who begins or is too slow. What is in the subscription's queue is up to the last frame.
 */
export class LiveWindow implements ViewListener {
  private steps: Waiting[] = [];
  /** those of which a step tells already how they are when it is told */
  private readonly told = new Set<Entry>();
  private counted: number;
  private result: LiveResult | undefined;
  private resting: unknown;

  constructor(
    private readonly view: LiveView,
    private readonly subscription: Subscription,
    private readonly options: WindowOptions,
  ) {
    this.counted = view.size;
  }

  changed(change: ViewChange): void {
    const { first } = this.options;
    const { entry, from, to } = change;
    const [was, is] = [from >= 0 && from < first, to >= 0 && to < first];
    if (was && is) this.within(change);
    else if (was) {
      this.leave(from, entry);
      const next = this.view.at(first - 1);
      if (next) this.enter(first - 1, next);
    } else if (is) {
      const last = this.view.at(first);
      if (last) this.leave(first - 1, last);
      this.enter(to, entry);
    }
    if (was || is || this.countIsNews) this.result = undefined;
    if (this.steps.length > first + MORE_STEPS) this.reset();
  }

  settled(): void {
    if (this.resting !== undefined) return;
    if (!this.flush()) return;
    this.resting = this.options.timers.setTimeout(() => {
      this.resting = undefined;
      this.settled();
    }, FRAME_MS);
  }

  reset(): void {
    this.forget();
    this.result = undefined;
    this.subscription.beginsAnew();
  }

  ended(error: unknown): void {
    this.subscription.end(error);
  }

  close(): void {
    this.options.timers.clearTimeout(this.resting);
  }

  /** An event that says all until now; with a token, what has changed since. Throws 400 for one of another query. */
  latest(resume: string | undefined): LiveEvent | Promise<LiveEvent> {
    this.flush();
    const { place } = this;
    if (resume !== undefined) return this.since(this.options.token.revisionOf(resume), place, this.items);
    return (this.result ??= new LiveResult(this.view.selection.kind, this.items, place));
  }

  private get items(): Stored[] {
    return this.view.first(this.options.first).map(({ stored }) => stored);
  }

  private get place(): LivePlace {
    const { size: totalCount, revision } = this.view;
    return { totalCount, revision, resume: this.options.token.of(revision) };
  }

  private get countIsNews(): boolean {
    return this.options.counts && this.view.size !== this.counted;
  }

  /** False: there is nothing to tell. */
  private flush(): boolean {
    const { steps, countIsNews } = this;
    if (steps.length === 0 && !countIsNews) return false;
    const now = steps.map(({ entry, ...step }): Step => ({ ...step, stored: entry.stored }));
    const event = new LiveChanges(this.view.selection.kind, now, this.place, countIsNews);
    this.forget();
    this.subscription.push([event], event.bytes);
    return true;
  }

  private forget(): void {
    this.steps = [];
    this.told.clear();
    this.counted = this.view.size;
  }

  private within({ entry, before, from, to }: ViewChange): void {
    if (from !== to) this.steps.push({ type: 'MOVE', from, to, entry });
    else if (this.told.has(entry)) return;
    else this.steps.push({ type: 'UPDATE', from, to, entry, before });
    this.told.add(entry);
  }

  private enter(to: number, entry: Entry): void {
    this.steps.push({ type: 'ENTER', from: null, to, entry });
    this.told.add(entry);
  }

  private leave(from: number, entry: Entry): void {
    this.steps.push({ type: 'LEAVE', from, to: null, entry });
    this.told.delete(entry);
  }

  /** @param items of now */
  private async since(revision: number, place: LivePlace, items: readonly Stored[]): Promise<LiveEvent> {
    const { view, options } = this;
    const { kind } = view.selection;
    const whole = new LiveResult(kind, items, place);
    if (revision > place.revision) return whole;
    try {
      const then = await view.read(revision);
      const steps = stepsBetween(
        then.entries.slice(0, options.first).map(({ stored }) => stored),
        items,
      );
      return steps ? new LiveChanges(kind, steps, place, true) : whole;
    } catch {
      // that state is not known any more
      return whole;
    }
  }
}
