import type { Timers } from '../../rules/clock.ts';
import type { Stored } from '../../store/contract.ts';
import { LiveChanges, LiveResult, type LiveEvent, type LivePlace, type Step } from './live-event.ts';
import type { LiveRelations, RelatedStep } from './live-relations.ts';
import type { Entry } from './live-selection.ts';
import type { ResumeToken } from './resume-token.ts';
import { stepsBetween } from './steps-between.ts';
import type { Subscription } from './subscription.ts';
import type { LiveView, ViewChange, ViewListener } from './view.ts';

/** ms between two payloads: what happens meanwhile is told together. */
const FRAME_MS = 10;
/** Steps of one payload beyond as many as there are items, from which on the whole result is shorter. */
const MORE_STEPS = 100;
/** Items whose relations are read at two revisions for who resumes; of more the whole result is told. */
const MAX_COMPARED = 500;

export interface WindowOptions {
  /** items that are looked at */
  readonly first: number;
  /** whether the document asks for the number of all */
  readonly counts: boolean;
  readonly timers: Timers;
  readonly token: ResumeToken;
  /** of a document that shows relations. @param onDue told when items may have to be looked at again */
  readonly relations?: ((onDue: () => void) => LiveRelations) | undefined;
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
  private readonly relations: LiveRelations | undefined;

  constructor(
    private readonly view: LiveView,
    private readonly subscription: Subscription,
    private readonly options: WindowOptions,
  ) {
    this.counted = view.size;
    this.relations = options.relations?.(() => this.settled());
    this.beginRelations();
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
    if (this.resting !== undefined || this.relations?.isBusy) return;
    if (!this.flush(true)) return;
    // what takes long is not done all the time
    const ms = Math.max(FRAME_MS, this.relations?.cost ?? 0);
    this.resting = this.options.timers.setTimeout(() => {
      this.resting = undefined;
      this.settled();
    }, ms);
  }

  reset(): void {
    this.forget();
    this.result = undefined;
    this.beginRelations();
    this.subscription.beginsAnew();
  }

  ended(error: unknown): void {
    this.subscription.end(error);
  }

  close(): void {
    this.options.timers.clearTimeout(this.resting);
    this.relations?.close();
  }

  /** An event that says all until now; with a token, what has changed since. Throws 400 for one of another query. */
  latest(resume: string | undefined): LiveEvent | Promise<LiveEvent> {
    const { relations, view } = this;
    if (relations) view.reach();
    this.flush(false);
    if (relations?.isDue) this.result = undefined;
    relations?.showAll(view.revision);
    const { place } = this;
    if (resume !== undefined) return this.since(this.options.token.revisionOf(resume), place, this.items);
    return (this.result ??= new LiveResult(view.selection.kind, this.items, place, relations?.at(place.revision)));
  }

  private get items(): Stored[] {
    return this.view.first(this.options.first).map(({ stored }) => stored);
  }

  private get place(): LivePlace {
    const { size: totalCount, revision } = this.view;
    return { totalCount, revision, resume: this.options.token.of(revision) };
  }

  /** Of steps, after which something may be to be told yet of that state: who resumes there begins anew. */
  private get placeOfSteps(): LivePlace {
    return this.relations?.isDue ? { ...this.place, resume: this.options.token.of(0) } : this.place;
  }

  private get countIsNews(): boolean {
    return this.options.counts && this.view.size !== this.counted;
  }

  private beginRelations(): void {
    const { view, relations } = this;
    relations
      ?.begin(view.first(this.options.first), view.reach())
      .catch((error: unknown) => this.subscription.end(error));
  }

  /**
   * False: there is nothing to tell.
   * @param looks at what relations lead to, too
   */
  private flush(looks: boolean): boolean {
    if (this.relations) return this.flushRelated(this.relations, looks);
    const { steps, countIsNews } = this;
    if (steps.length === 0 && !countIsNews) return false;
    const now = steps.map(({ entry, ...step }): Step => ({ ...step, stored: entry.stored }));
    const event = new LiveChanges(this.view.selection.kind, now, this.place, countIsNews);
    this.forget();
    this.subscription.push([event], event.bytes);
    return true;
  }

  private flushRelated(relations: LiveRelations, looks: boolean): boolean {
    const { view, subscription, countIsNews } = this;
    const due = looks ? relations.take(view.reach()) : [];
    const steps = this.steps.map((step): RelatedStep => ({ ...step, stored: step.entry.stored, always: false }));
    for (const [entry, always] of due) {
      const at = view.placeOf(entry);
      if (at < 0 || at >= this.options.first || (this.told.has(entry) && !always)) continue;
      steps.push({ type: 'UPDATE', from: at, to: at, entry, stored: entry.stored, always });
    }
    if (steps.length === 0 && !countIsNews) {
      relations.rest();
      return false;
    }
    this.result = undefined;
    const made = relations.changes(steps, this.placeOfSteps, countIsNews).catch((error: unknown) => {
      subscription.end(error);
      return undefined;
    });
    const event: LiveEvent = { render: () => made };
    this.forget();
    subscription.push([event], 0);
    void made.then((text) => subscription.weigh(event, text?.length ?? 0));
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
    const { view, options, relations } = this;
    const { kind } = view.selection;
    const whole = new LiveResult(kind, items, place, relations?.at(place.revision));
    if (revision === 0 || revision > place.revision || (relations && items.length > MAX_COMPARED)) return whole;
    try {
      const then = await view.read(revision);
      const steps = stepsBetween(
        then.entries.slice(0, options.first).map(({ stored }) => stored),
        items,
        relations !== undefined,
      );
      if (!steps) return whole;
      const contexts = relations && { was: relations.at(revision), is: relations.at(place.revision) };
      return new LiveChanges(kind, steps, place, true, contexts);
    } catch {
      // that state is not known any more
      return whole;
    }
  }
}
