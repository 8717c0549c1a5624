import { createHash } from 'node:crypto';
import type { Kind } from '../../kinds/kind.ts';
import { systemClock, type Timers } from '../../rules/clock.ts';
import type { Stored } from '../../store/contract.ts';
import { Budget, DEFAULT_BUDGET } from '../budget.ts';
import { createContext, type OperationContext } from '../context.ts';
import type { JsonText } from '../json-text.ts';
import type { ReadRecorder } from '../relations/reading.ts';
import { wholeObject } from '../whole.ts';
import { Dependencies } from './dependencies.ts';
import { EdgeRights, LOOK_MS } from './edge-rights.ts';
import { alone, changePayload, type LivePlace, type Render, type Step } from './live-event.ts';
import type { Entry } from './live-selection.ts';

/** ms between two looks at what relations lead to: longer where a look takes long, by how many times, and at most. */
const REST_MS = 100;
const REST_TIMES = 3;
const MAX_REST_MS = 1_000;
/** ms in which changes of what relations lead to come together */
const TOGETHER_MS = 10;
/** Items that are made again at once, before others' changes are told. */
const MOST = 200;

/** An item is made, as one of the items and as one of a change, and then told. */
const BUDGET = { ...DEFAULT_BUDGET, fields: 4 * DEFAULT_BUDGET.fields, text: 4 * DEFAULT_BUDGET.text };

/** A step whose item may have been as it is now, as far as its relations are concerned. */
export interface RelatedStep extends Step {
  readonly entry: Entry;
  /** it is told even where the document's answer is the same */
  readonly always: boolean;
}

/** What is read from now on is an entry's, or nobody's. False: it was begun anew meanwhile, and this is of no interest. */
type Recorder = (entry: Entry | undefined) => boolean;

/**
 * What one document of a live query shows of its items by their relations: as it was last told, and of what it was made.
 * Payloads are made in the order in which they are told, each of one state, whoever reads them and when.
 */
export class LiveRelations {
  /** the item's text when it was last told, in short */
  private readonly shown = new Map<Entry, string>();
  private readonly dependencies: Dependencies<Entry>;
  private readonly rights: EdgeRights;
  private made: Promise<unknown> = Promise.resolve();
  private making = 0;
  /** ms that the last payload has taken */
  cost = 0;
  private restUntil = 0;
  private timer: unknown;
  private rightsTimer: unknown;
  private generation = 0;

  /**
   * @param render makes the document's payloads
   * @param once it makes the same of items and of objects of changes
   * @param onDue told when there may be items to take
   */
  constructor(
    private readonly context: OperationContext,
    private readonly kind: Kind,
    private readonly render: Render,
    private readonly once: boolean,
    private readonly onDue: () => void,
    private readonly timers: Timers = systemClock,
    private readonly now: () => number = () => performance.now(),
  ) {
    const { api, request } = context;
    this.rights = new EdgeRights(api, request);
    this.dependencies = new Dependencies(api.store, api.registry, () => this.wait());
    this.lookAtRights();
  }

  /** Something is to be taken, or will be when it is known. */
  get isDue(): boolean {
    return this.isBusy || this.dependencies.isDue;
  }

  /** A payload is being made: the next waits for it. */
  get isBusy(): boolean {
    return this.making > 0;
  }

  /** All that was known is not so any more: the items are these, as they were at a revision. */
  begin(entries: readonly Entry[], revision: number): Promise<void> {
    this.generation++;
    this.dependencies.clear();
    this.shown.clear();
    const items = entries.map((entry) => ({ entry, stored: entry.stored }));
    return this.inOrder(revision, async (render, within, recorder) => {
      for (const { entry, stored } of items) await this.make(entry, stored, render, within, recorder);
      return undefined;
    }).then(() => undefined);
  }

  /** Items that are to be looked at again at a revision, and whether they are to be told in any case. */
  take(revision: number): Map<Entry, boolean> {
    if (this.now() < this.restUntil) {
      if (this.restUntil < Infinity && this.dependencies.isDue) this.wait();
      return new Map();
    }
    const due = this.dependencies.take(revision, MOST);
    // until what they cost is known
    if (due.size) this.restUntil = Infinity;
    else if (this.dependencies.isDue) this.wait();
    return due;
  }

  /** What was taken has turned out to be nothing. */
  rest(): void {
    if (this.restUntil === Infinity && !this.isBusy) this.restUntil = this.now() + REST_MS;
    if (this.dependencies.isDue) this.wait();
  }

  /** Somebody is told the whole result of a revision. */
  showAll(revision: number): void {
    this.dependencies.showAll(revision);
  }

  /** What a context reads that shows everything as it was at a revision. */
  at(revision: number, recorder?: ReadRecorder): OperationContext {
    const { context, rights } = this;
    const reading = { revision, decide: rights.decide, ...(recorder && { recorder }) };
    return createContext(context, context.request, new Budget(BUDGET), false, reading);
  }

  /** A payload of steps, in their order. Undefined: the document shows nothing of them. Throws what an operation is refused with. */
  changes(steps: readonly RelatedStep[], place: LivePlace, always: boolean): Promise<JsonText | undefined> {
    return this.inOrder(place.revision, async (render, within, recorder) => {
      const told: Step[] = [];
      for (const step of steps) {
        if (step.type === 'LEAVE') {
          this.forget(step.entry);
          told.push(step);
        } else {
          const isNew = await this.make(step.entry, step.stored, render, within, recorder);
          if (isNew || step.always || step.type !== 'UPDATE') told.push(step);
        }
      }
      recorder(undefined);
      return told.length || always ? render(changePayload(this.kind, told, place), within) : undefined;
    });
  }

  close(): void {
    this.generation++;
    this.dependencies.close();
    this.shown.clear();
    this.timers.clearTimeout(this.timer);
    this.timers.clearTimeout(this.rightsTimer);
  }

  /** Makes an item, and says whether it is another than it was. */
  private async make(
    entry: Entry,
    stored: Stored,
    render: Render,
    within: OperationContext,
    recorder: Recorder,
  ): Promise<boolean> {
    const { generation } = this;
    const isCurrent = recorder(entry);
    const text = await alone(wholeObject(this.kind, stored), render, within, this.once);
    const short = createHash('sha1')
      .update(String(text ?? ''))
      .digest('base64');
    if (!isCurrent || generation !== this.generation) return false;
    const before = this.shown.get(entry);
    this.shown.set(entry, short);
    if (within.budget.due) await within.budget.turn();
    return before !== short;
  }

  private forget(entry: Entry): void {
    this.shown.delete(entry);
    this.dependencies.forget(entry);
  }

  /** One after the other: each compares with what those before it have told. */
  private inOrder<T>(
    revision: number,
    make: (render: Render, within: OperationContext, recorder: Recorder) => T | Promise<T>,
  ): Promise<T | undefined> {
    const { dependencies, generation } = this;
    let current: ReadRecorder | undefined;
    const reads: ReadRecorder = {
      object: (...read) => current?.object(...read),
      all: (...read) => current?.all(...read),
      having: (...read) => current?.having(...read),
      owned: (...read) => current?.owned(...read),
    };
    const before = this.made;
    this.making++;
    dependencies.open(revision);
    const made = (async (): Promise<T | undefined> => {
      try {
        await before.catch(() => undefined);
        // it was begun anew meanwhile: nobody is told this
        if (generation !== this.generation) return undefined;
        const since = this.now();
        const value = await make(this.render, this.at(revision, reads), (entry) => {
          const isCurrent = generation === this.generation;
          current = entry && isCurrent ? dependencies.begin(entry, revision) : undefined;
          return isCurrent;
        });
        this.cost = this.now() - since;
        return value;
      } finally {
        dependencies.settle(revision);
        this.making--;
        if (this.restUntil === Infinity && !this.isBusy)
          this.restUntil = this.now() + Math.min(MAX_REST_MS, Math.max(REST_MS, this.cost * REST_TIMES));
        this.onDue();
      }
    })();
    this.made = made;
    return made;
  }

  private wait(): void {
    if (this.timer !== undefined || this.restUntil === Infinity) return;
    const ms = Math.max(TOGETHER_MS, Math.ceil(this.restUntil - this.now()));
    this.timer = this.timers.setTimeout(() => {
      this.timer = undefined;
      this.onDue();
    }, ms);
  }

  private lookAtRights(): void {
    this.rightsTimer = this.timers.setTimeout(() => {
      if (this.rights.haveChanged) this.dependencies.markAll();
      this.lookAtRights();
    }, LOOK_MS);
  }
}
