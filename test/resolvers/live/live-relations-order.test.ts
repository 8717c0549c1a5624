import { describe, expect, test } from 'vitest';
import type { RequestContext } from '../../../src/api/contract.ts';
import { createRegistry } from '../../../src/kinds/registry.ts';
import type { OperationContext } from '../../../src/resolvers/context.ts';
import { isLiveEvent, type LivePayload, type Render } from '../../../src/resolvers/live/live-event.ts';
import { LiveRelations } from '../../../src/resolvers/live/live-relations.ts';
import type { Entry } from '../../../src/resolvers/live/live-selection.ts';
import { ResumeToken } from '../../../src/resolvers/live/resume-token.ts';
import { Subscription } from '../../../src/resolvers/live/subscription.ts';
import type { LiveView } from '../../../src/resolvers/live/view.ts';
import { LiveWindow } from '../../../src/resolvers/live/window.ts';
import type { Key, StoreEvent, Stored, WatchHandlers } from '../../../src/store/contract.ts';
import { the } from '../../support/at.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { Random } from '../../support/random.ts';

const REGISTRY = createRegistry();
const ITEMS = the(REGISTRY.preferred('pods'));
const RELATED = the(REGISTRY.preferred('configmaps'));
const FIRST = 3;

/** An item's or a related object's state: what it says, and the name of the related object that it leads to. */
interface State {
  says: string;
  to: string;
}
const stateOf = (stored: Stored | undefined): State | undefined => stored?.object as unknown as State | undefined;

interface Watch {
  readonly handlers: WatchHandlers;
  readonly resource: string;
  told: number;
}

/** All states of all objects, and watches that are told of them when the test says so. */
class SlowStore {
  revision = 0;
  readonly log: StoreEvent[] = [];
  readonly watches = new Set<Watch>();

  write(resource: string, name: string, state: State | undefined): void {
    const previous = this.at(this.revision).get({ resource, namespace: 'a', name });
    if (!state && !previous) return;
    const revision = ++this.revision;
    const object = state ?? stateOf(previous);
    const stored = { resource, namespace: 'a', name, uid: name, revision, object, bytes: Buffer.from('') };
    const type = !state ? 'DELETED' : previous ? 'MODIFIED' : 'ADDED';
    this.log.push({ type, revision, stored: stored as unknown as Stored, previous });
  }
  at(revision: number) {
    const get = ({ resource, name }: Key): Stored | undefined => {
      const last = this.log.findLast(
        (e) => e.revision <= revision && e.stored.resource === resource && e.stored.name === name,
      );
      return last?.type === 'DELETED' ? undefined : last?.stored;
    };
    return { revision, get };
  }
  watch({ resource }: { resource: string }, from: number, handlers: WatchHandlers): () => void {
    const watch = { handlers, resource, told: from };
    this.watches.add(watch);
    return () => this.watches.delete(watch);
  }
  /** Tells of the next of what has happened, up to a revision. */
  tell(watch: Watch, until: number): void {
    const news = this.log.filter(
      ({ revision, stored }) => revision > watch.told && revision <= until && stored.resource === watch.resource,
    );
    watch.told = Math.max(watch.told, until);
    if (news.length) watch.handlers.onEvents(news);
    if (this.watches.has(watch) && watch.told === this.revision) watch.handlers.onProgress?.(this.revision);
  }
  expire(watch: Watch): void {
    this.watches.delete(watch);
    watch.handlers.onEnd('expired');
  }
}

/** A view that goes on when the test says so; in order of name. */
class SlowView {
  revision = 0;
  readonly selection = { kind: ITEMS };
  private entries: Entry[] = [];
  window: LiveWindow | undefined;

  constructor(private readonly store: SlowStore) {}
  get size(): number {
    return this.entries.length;
  }
  at(rank: number): Entry | undefined {
    return this.entries[rank];
  }
  first(count: number): Entry[] {
    return this.entries.slice(0, count);
  }
  placeOf(entry: Entry): number {
    return this.entries.indexOf(entry);
  }
  private get pending(): StoreEvent[] {
    return this.store.log.filter(
      ({ revision, stored }) => revision > this.revision && stored.resource === ITEMS.storage.key,
    );
  }
  reach(): number {
    if (this.pending.length === 0) this.revision = this.store.revision;
    return this.revision;
  }
  goOn(most: number): void {
    for (const { type, stored, revision } of this.pending.slice(0, most)) {
      this.revision = revision;
      const from = this.entries.findIndex((entry) => entry.stored.name === stored.name);
      const known = this.entries[from];
      if (type === 'DELETED') {
        this.entries.splice(from, 1);
        this.window?.changed({ entry: the(known), before: known?.stored, from, to: -1 });
      } else if (known) {
        const before = known.stored;
        known.stored = stored;
        this.window?.changed({ entry: known, before, from, to: from });
      } else {
        const entry: Entry = { stored, key: [] };
        const to = this.entries.filter((one) => one.stored.name < stored.name).length;
        this.entries.splice(to, 0, entry);
        this.window?.changed({ entry, before: undefined, from: -1, to });
      }
    }
    this.window?.settled();
  }
  readAnew(): void {
    this.revision = this.store.revision;
    const { get } = this.store.at(this.revision);
    const names = [...new Set(this.store.log.map(({ stored }) => stored.name))].sort();
    const all = names.map((name) => get({ resource: ITEMS.storage.key, namespace: 'a', name }));
    this.entries = all.filter((one) => one !== undefined).map((stored) => ({ stored, key: [] }));
    this.window?.reset();
  }
}

interface Told {
  type: string;
  items: string[] | undefined;
  changes: { type: string; from: number | null; to: number | null; text: string }[];
}

/** Reads what it is told, at its pace, and makes the steps. */
class Reader {
  items: string[] | undefined;
  private gate: (() => void) | undefined;
  hurries = false;
  ended = false;

  constructor(private readonly subscription: Subscription) {
    void this.read();
  }
  private async read(): Promise<void> {
    for await (const text of this.subscription.join()) {
      const { type, items, changes } = JSON.parse(String(text)) as Told;
      if (type === 'RESULT') this.items = the(items);
      else for (const one of changes) this.step(one);
      if (!this.hurries) await new Promise<void>((resolve) => (this.gate = resolve));
    }
    this.ended = true;
  }
  goOn(): void {
    this.gate?.();
  }
  private step({ type, from, to, text }: Told['changes'][number]): void {
    const items = the(this.items);
    if (type === 'UPDATE') items[the(to)] = text;
    else {
      if (from !== null) items.splice(from, 1);
      if (to !== null) items.splice(to, 0, text);
    }
  }
}

/** A document that shows what its items lead to, and waits in between when the test says so. */
class Run {
  readonly store = new SlowStore();
  readonly clock = new FakeClock();
  readonly view = new SlowView(this.store);
  readonly subscription: Subscription;
  readonly readers: Reader[] = [];
  private waiting: (() => void)[] = [];
  private rights = 0;
  hurries = false;

  constructor(
    private readonly random: Random,
    private readonly isDisturbed: boolean,
  ) {
    const api = {
      store: this.store,
      registry: REGISTRY,
      rightsVersion: () => String(this.rights),
      authorize: () => ({ allowed: true, reason: '' }),
      authorizeRead: () => ({ allowed: true, reason: '' }),
    };
    const request = { user: { name: 'ann', groups: [] } } as unknown as RequestContext;
    const context = { api, request } as unknown as OperationContext;
    const refused = (error: unknown): never => {
      throw error;
    };
    this.subscription = new Subscription(async (event) => {
      if (!isLiveEvent(event)) throw new Error('no event of a live query');
      return event.render(this.render);
    }, refused);
    const { clock, view, subscription } = this;
    view.window = new LiveWindow(view as unknown as LiveView, subscription, {
      first: FIRST,
      counts: false,
      timers: clock,
      token: new ResumeToken('q'),
      relations: (onDue) => new LiveRelations(context, ITEMS, this.render, false, onDue, clock, () => clock.now()),
    });
    subscription.tellsLatest((resume) => the(view.window).latest(resume));
    subscription.closing(() => view.window?.close());
  }

  private readonly render: Render = async (payload, within) => {
    const { type, items, changes } = payload as LivePayload;
    const snapshot = the(within).snapshotOf({ path: { prev: undefined, key: 'live', typename: undefined } });
    const textOf = async (object: object | null): Promise<string> => {
      if (!object) return '';
      const said = [];
      for (let state: State | undefined = object as State; state && said.length < 4;) {
        said.push(state.says);
        state = stateOf(await snapshot.get(RELATED, 'a', state.to));
        if (!this.hurries && this.random.chance(0.3)) await new Promise<void>((resolve) => this.waiting.push(resolve));
      }
      return said.join(' ');
    };
    const told: Told = { type, items: undefined, changes: [] };
    if (items) told.items = await Promise.all(items.map(textOf));
    for (const { object, ...step } of changes) told.changes.push({ ...step, text: await textOf(object) });
    return JSON.stringify(told);
  };

  /** What a query answers now. */
  get expected(): string[] {
    const { get } = this.store.at(this.store.revision);
    return this.view.first(FIRST).map(({ stored }) => {
      const said = [];
      for (let state = stateOf(stored); state && said.length < 4;) {
        said.push(state.says);
        state = stateOf(get({ resource: RELATED.storage.key, namespace: 'a', name: state.to }));
      }
      return said.join(' ');
    });
  }

  async step(): Promise<void> {
    const { random, store, view, readers } = this;
    const state = (): State => ({ says: String(random.below(2)), to: `r${random.below(4)}` });
    const watches = [...store.watches];
    const [watch] = random.some(watches, 0.7);
    switch (random.below(12)) {
      case 0:
        return store.write(ITEMS.storage.key, `i${random.below(5)}`, random.maybe(0.7, state));
      case 1:
      case 2:
      case 3:
        return store.write(RELATED.storage.key, `r${random.below(4)}`, random.maybe(0.8, state));
      case 4:
        return view.goOn(1 + random.below(3));
      case 5:
      case 6:
        if (watch) store.tell(watch, watch.told + random.below(store.revision - watch.told + 1));
        return;
      case 7:
        return this.waiting.splice(random.below(this.waiting.length + 1), 1)[0]?.();
      case 8:
        return this.clock.advance(random.below(150));
      case 9:
        if (readers.length < 6 && random.chance(0.3)) readers.push(new Reader(this.subscription));
        return readers.length ? random.pick(readers).goOn() : undefined;
      case 10:
        // what makes all anew hides what was lost before
        if (!this.isDisturbed) return;
        if (random.chance(0.1)) this.rights++;
        if (watch && random.chance(0.1)) store.expire(watch);
        if (random.chance(0.03)) view.readAnew();
        return;
      default:
        await new Promise(setImmediate);
    }
  }

  /** All that is under way comes to its end, and nothing new happens. */
  async settle(): Promise<void> {
    this.hurries = true;
    for (let i = 0; i < 4; i++) {
      this.view.goOn(Infinity);
      for (const watch of this.store.watches) this.store.tell(watch, this.store.revision);
      for (const resolve of this.waiting.splice(0)) resolve();
      for (const reader of this.readers) {
        reader.hurries = true;
        reader.goOn();
      }
      await this.clock.advance(1_500);
    }
  }
}

describe('whatever comes between what, everybody is told the last state in the end', () => {
  test.each(Array.from({ length: 40 }, (_, i) => i + 1))('%i', async (seed) => {
    const run = new Run(new Random(seed), seed % 3 === 0);
    run.readers.push(new Reader(run.subscription));
    for (let round = 0; round < 12; round++) {
      for (let i = 0; i < 40; i++) await run.step();
      await run.settle();
      for (const [i, reader] of run.readers.entries())
        expect(reader.items, `reader ${i} in round ${round}`).toEqual(run.expected);
      run.hurries = false;
      for (const reader of run.readers) reader.hurries = false;
    }
    run.subscription.end();
  });
});
