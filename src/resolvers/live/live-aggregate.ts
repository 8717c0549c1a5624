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
import { EdgeRights } from './edge-rights.ts';
import { followView, type ViewTeller } from './follow-view.ts';
import type { LiveEvent, Render } from './live-event.ts';
import { liveSelection } from './select-live.ts';
import type { Subscription } from './subscription.ts';
import type { LiveView } from './view.ts';

/** ms between two payloads: what happens meanwhile is told together. */
const FRAME_MS = 100;
/** ms between two looks at whether rights have changed */
const LOOK_MS = 500;

/** Reckons what is to be told from the objects that there are now. */
type Reckon = () => Promise<Aggregate>;

/** What it is made of beside the objects. */
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
      dependencies.open();
      try {
        const reading = { revision, recorder: dependencies.begin(whole, revision), decide: rights.decide };
        const own = createContext(context, context.request, new Budget(DEFAULT_BUDGET), false, reading);
        return await aggregateOf(own, kind, args, { items, revision }, info);
      } finally {
        dependencies.settle(revision);
      }
    };
    const related = { isChanged: () => dependencies.isMarked || rights.haveChanged, close: () => dependencies.close() };
    const teller = new LiveAggregate(view, subscription, reckon, related, systemClock);
    return teller;
  });
}

/** What a document is told of a view's aggregate. */
class LiveAggregate implements ViewTeller {
  /** as the last event says it, wherever its state stands */
  said: string | undefined;
  private isNews = false;
  private resting: unknown;
  private looking: unknown;
  private result: AggregateEvent | undefined;

  constructor(
    readonly view: LiveView,
    private readonly subscription: Subscription,
    readonly reckon: Reckon,
    private readonly related: Related,
    private readonly timers: Timers,
  ) {
    this.lookAtRelated();
  }

  changed(): void {
    this.isNews = true;
    this.result = undefined;
  }

  settled(): void {
    if (this.resting !== undefined || !this.isNews) return;
    this.isNews = false;
    this.subscription.push([new AggregateEvent(this, false)], 0);
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
    this.timers.clearTimeout(this.resting);
    this.timers.clearTimeout(this.looking);
    this.related.close();
  }

  /** Rights change, and what was not reached yet when it was reckoned is, without a word. */
  private lookAtRelated(): void {
    this.looking = this.timers.setTimeout(() => {
      if (this.related.isChanged()) this.relatedChanged();
      this.lookAtRelated();
    }, LOOK_MS);
  }

  latest(): AggregateEvent {
    return (this.result ??= new AggregateEvent(this, true));
  }
}

/** The aggregate as it is when the event is read; one for all who read it. */
class AggregateEvent implements LiveEvent {
  private made: Promise<JsonText | undefined> | undefined;

  /** @param always it is told even where it is what was said last */
  constructor(
    private readonly of: LiveAggregate,
    private readonly always: boolean,
  ) {}

  render(render: Render): Promise<JsonText | undefined> {
    return (this.made ??= this.make(render));
  }

  private async make(render: Render): Promise<JsonText | undefined> {
    const { of, always } = this;
    try {
      const aggregate = await of.reckon();
      // the revision alone is no news
      const said = String(await render({ ...aggregate, resourceVersion: '' }));
      if (said === of.said && !always) return undefined;
      of.said = said;
      return await render(aggregate);
    } catch (error) {
      of.ended(error);
      return undefined;
    }
  }
}
