import { Slice } from '../../api/fairness/turns.ts';
import type { Kind } from '../../kinds/kind.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { Stored } from '../../store/contract.ts';
import type { OperationContext } from '../context.ts';
import type { Aggregate } from '../where/aggregate/aggregate-types.ts';
import type { JsonText } from '../json-text.ts';
import { wholeObject } from '../whole.ts';

/** One step from a result to the next: positions are those that it has when the steps before it have been made. */
export interface LiveChange {
  readonly type: 'ENTER' | 'LEAVE' | 'MOVE' | 'UPDATE';
  /** where it was; null for ENTER */
  readonly from: number | null;
  /** where it is; null for LEAVE */
  readonly to: number | null;
  readonly uid: string;
  /** null for LEAVE */
  readonly object: KubeObject | null;
}

/** What a live query's field reads. */
export interface LivePayload {
  readonly type: 'RESULT' | 'CHANGES';
  /** of RESULT */
  readonly items: readonly KubeObject[] | null;
  readonly changes: readonly LiveChange[];
  readonly totalCount: number;
  readonly resourceVersion: string;
  readonly resume: string;
}

/**
 * What is made of a payload by the subscription's document.
 * @param within what its relations are read by: then it throws what ends an operation; one of its own when not given
 */
export type Render = (
  payload: LivePayload | Aggregate,
  within?: OperationContext,
) => JsonText | undefined | Promise<JsonText | undefined>;

/** An event that is not a payload yet. */
export interface LiveEvent {
  /** Undefined: nothing that the document asks for has changed. */
  render(render: Render): JsonText | undefined | Promise<JsonText | undefined>;
}

export const isLiveEvent = (event: object): event is LiveEvent => 'render' in event;

/** Items from which on a payload is written in slices. */
const LONG = 50;
export const isLong = (event: object): boolean =>
  'items' in event && Array.isArray(event.items) && event.items.length > LONG;

/** Where a result stands. */
export interface LivePlace {
  readonly totalCount: number;
  readonly revision: number;
  readonly resume: string;
}

const placed = ({ totalCount, revision, resume }: LivePlace): Omit<LivePayload, 'type' | 'items' | 'changes'> => ({
  totalCount,
  resourceVersion: String(revision),
  resume,
});

/** The whole result. Objects are parsed in slices, as most of them may not have been. */
export class LiveResult implements LiveEvent {
  constructor(
    private readonly kind: Kind,
    private readonly items: readonly Stored[],
    private readonly place: LivePlace,
    private readonly within?: OperationContext,
  ) {}

  async render(render: Render): Promise<JsonText | undefined> {
    const items: KubeObject[] = [];
    const slice = new Slice();
    for (const stored of this.items) {
      items.push(wholeObject(this.kind, stored));
      if (slice.over) await slice.next();
    }
    return render({ type: 'RESULT', items, changes: [], ...placed(this.place) }, this.within);
  }
}

/** A step as it is kept until somebody reads it. */
export interface Step {
  readonly type: LiveChange['type'];
  readonly from: number | null;
  readonly to: number | null;
  readonly stored: Stored;
  /** of UPDATE: as it was last told; where the document's answer for both is the same, nothing is */
  readonly before?: Stored | undefined;
}

/** What has changed since the event before. */
export class LiveChanges implements LiveEvent {
  /** bytes of its objects, about */
  readonly bytes: number;

  /**
   * @param always it is told even where nothing of it is to be seen: the number of all has changed, or one waits for it
   * @param contexts what relations are read by, of what it was and of what it is
   */
  constructor(
    private readonly kind: Kind,
    private readonly steps: readonly Step[],
    private readonly place: LivePlace,
    private readonly always: boolean,
    private readonly contexts?: { was: OperationContext; is: OperationContext },
  ) {
    this.bytes = steps.reduce((sum, { type, stored }) => sum + (type === 'LEAVE' ? 0 : stored.bytes.length), 0);
  }

  render(render: Render): JsonText | undefined | Promise<JsonText | undefined> {
    const told = this.steps.map((step) => this.isTold(step, render));
    const known = told.filter((one) => typeof one === 'boolean');
    if (known.length === told.length) return this.written(known, render);
    return Promise.all(told.map(async (one) => one)).then((all) => this.written(all, render));
  }

  private written(told: readonly boolean[], render: Render): ReturnType<Render> {
    const steps = this.steps.filter((_, i) => told[i]);
    if (steps.length === 0 && !this.always) return undefined;
    return render(changePayload(this.kind, steps, this.place), this.contexts?.is);
  }

  private isTold({ type, before, stored }: Step, render: Render): boolean | Promise<boolean> {
    if (type !== 'UPDATE' || !before) return true;
    const { kind, contexts } = this;
    const was = alone(wholeObject(kind, before), render, contexts?.was);
    const is = alone(wholeObject(kind, stored), render, contexts?.is);
    if (was instanceof Promise || is instanceof Promise)
      return Promise.all([was, is]).then(([a, b]) => String(a) !== String(b));
    return String(was) !== String(is);
  }
}

/**
 * What the document makes of one object, wherever in its answer: all else is the same.
 * @param once it makes the same of items and of objects of changes
 */
export const alone = (
  object: KubeObject,
  render: Render,
  within?: OperationContext,
  once = false,
): ReturnType<Render> =>
  render(
    {
      type: 'RESULT',
      items: [object],
      changes: once ? [] : [{ type: 'UPDATE', from: 0, to: 0, uid: '', object }],
      totalCount: 0,
      resourceVersion: '',
      resume: '',
    },
    within,
  );

export const changePayload = (kind: Kind, steps: readonly Step[], place: LivePlace): LivePayload => ({
  type: 'CHANGES',
  items: null,
  changes: steps.map(({ type, from, to, stored }) => ({
    type,
    from,
    to,
    uid: stored.uid,
    object: type === 'LEAVE' ? null : wholeObject(kind, stored),
  })),
  ...placed(place),
});
