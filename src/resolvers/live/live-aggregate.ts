import type { GraphQLResolveInfo } from 'graphql';
import type { Kind } from '../../kinds/kind.ts';
import { systemClock, type Timers } from '../../rules/clock.ts';
import { Budget, DEFAULT_BUDGET } from '../budget.ts';
import { createContext, type OperationContext } from '../context.ts';
import type { JsonText } from '../json-text.ts';
import type { Aggregate } from '../where/aggregate/aggregate-types.ts';
import { aggregateOf, groupFieldsOf, type AggregateArguments } from '../where/aggregate/aggregate-of.ts';
import { isOwn } from '../where/aggregate/group-by.ts';
import { Dependencies } from './dependencies.ts';
import { EdgeRights, LOOK_MS } from './edge-rights.ts';
import { followView, type ViewTeller } from './follow-view.ts';
import type { LiveEvent, Render } from './live-event.ts';
import { liveSelection } from './select-live.ts';
import type { Subscription } from './subscription.ts';
import type { LiveView } from './view.ts';

/** ms between two payloads: what happens meanwhile is told together. */
const FRAME_MS = 100;

/** Reckons what is to be told from the objects that there are now. */
type Reckon = () => Promise<Aggregate>;

/** What it is made of beside the objects, where it is grouped by relations. */
interface Related {
  isChanged(): boolean;
  close(): void;
}

/**
 * Begins a live aggregate: the operation's subscription tells what there is to who begins, and then again when another
 * answer comes of it. Throws what the API refuses the list or its watch with, 400 for arguments, 429 where there are too
 * many views.
 */
export async function beginLiveAggregate(
  context: OperationContext,
  kind: Kind,
  args: AggregateArguments,
  info: Pick<GraphQLResolveInfo, 'path'>,
): Promise<Subscription> {
  const selection = liveSelection(context, kind, { ...args, orderBy: undefined });
  const isRelated = groupFieldsOf(context, kind, args, info).some((field) => !isOwn(field));
  return followView(context, selection, isRelated, (view, subscription) => {
    const rights = new EdgeRights(context.api, context.request);
    const dependencies = new Dependencies(context.api.store, context.api.registry, () => teller.relatedChanged());
    const whole = {};
    const reckon: Reckon = async () => {
      const revision = view.reach();
      const items = view.first(view.size).map(({ stored }) => stored);
      // relations that it is grouped by are read as they are then
      dependencies.take(revision, 1);
      dependencies.open(revision);
      try {
        const reading = { revision, recorder: dependencies.begin(whole, revision), decide: rights.decide };
        const own = createContext(context, context.request, new Budget(DEFAULT_BUDGET), false, reading);
        return await aggregateOf(own, kind, args, { items, revision }, info);
      } finally {
        dependencies.settle(revision);
      }
    };
    const related = { isChanged: () => dependencies.isMarked || rights.haveChanged, close: () => dependencies.close() };
    const teller = new LiveAggregate(view, subscription, reckon, isRelated ? related : undefined, systemClock);
    return teller;
  });
}

/** What a document is told of a view's aggregate. */
class LiveAggregate implements ViewTeller {
  /** the last of those events that all are told of which has been made */
  newest: AggregateEvent | undefined;
  private events = 0;
  private isNews = false;
  /** what was shown to those who have joined since the last event */
  private shown: AggregateEvent[] = [];
  private over = false;
  private resting: unknown;
  private looking: unknown;
  private result: AggregateEvent | undefined;

  constructor(
    readonly view: LiveView,
    private readonly subscription: Subscription,
    readonly reckon: Reckon,
    private readonly related: Related | undefined,
    private readonly timers: Timers,
  ) {
    if (related) this.lookAtRelated(related);
  }

  changed(): void {
    this.isNews = true;
    this.result = undefined;
  }

  settled(): void {
    if (this.resting !== undefined || !this.isNews || this.over) return;
    const event = new AggregateEvent(this, ++this.events, this.shown);
    this.isNews = false;
    this.shown = [];
    this.subscription.push([event], 0);
    this.resting = this.timers.setTimeout(() => {
      this.resting = undefined;
      this.settled();
    }, FRAME_MS);
  }

  /** What it is grouped by by relations may be another. */
  relatedChanged(): void {
    this.changed();
    this.timers.setTimeout(() => this.settled(), 0);
  }

  reset(): void {
    this.result = undefined;
    this.subscription.beginsAnew();
  }

  ended(error: unknown): void {
    this.subscription.end(error);
  }

  close(): void {
    this.over = true;
    this.timers.clearTimeout(this.resting);
    this.timers.clearTimeout(this.looking);
    this.related?.close();
  }

  /** Rights change, and what was not reached yet when it was reckoned is, without a word. */
  private lookAtRelated(related: Related): void {
    this.looking = this.timers.setTimeout(() => {
      if (related.isChanged()) this.relatedChanged();
      this.lookAtRelated(related);
    }, LOOK_MS);
  }

  latest(): AggregateEvent {
    const event = (this.result ??= new AggregateEvent(this, 0, []));
    if (this.shown.at(-1) !== event) this.shown.push(event);
    return event;
  }
}

interface Made {
  /** the revision alone is no news */
  readonly said: string;
  readonly text: JsonText | undefined;
  /** somebody who reads it has been told something else */
  readonly isNews: boolean;
}

/** The aggregate as it is when the event is read; one for all who read it. */
class AggregateEvent implements LiveEvent {
  private made: Promise<Made> | undefined;

  /**
   * @param number by which those come that all are told of; 0: it shows the state to who joins
   * @param shown what its readers may have been shown in place of the event before
   */
  constructor(
    private readonly of: LiveAggregate,
    private readonly number: number,
    private readonly shown: readonly AggregateEvent[],
  ) {}

  async render(render: Render): Promise<JsonText | undefined> {
    try {
      const { text, isNews } = await (this.made ??= this.make(render));
      return isNews ? text : undefined;
    } catch (error) {
      this.of.ended(error);
      return undefined;
    }
  }

  private async make(render: Render): Promise<Made> {
    const { of, number, shown } = this;
    const { newest } = of;
    if (number > 0) {
      // who is slow is told what a later one says already, as nobody may be told what is newer than that and not be told on
      if (newest?.made && newest.number > number) return { ...(await newest.made), isNews: true };
      of.newest = this;
    }
    const aggregate = await of.reckon();
    const said = String(await render({ ...aggregate, resourceVersion: '' }));
    const text = await render(aggregate);
    if (number === 0) return { said, text, isNews: true };
    const before = [newest, ...shown].map((event) => event?.made).filter((made) => made !== undefined);
    const known = await Promise.all(before);
    return { said, text, isNews: known.length === 0 || known.some((one) => one.said !== said) };
  }
}
