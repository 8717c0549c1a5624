import { isDeepStrictEqual } from 'node:util';
import { expect, vi } from 'vitest';
import { applyLive, type LiveList } from '../../../src/client/live-list.ts';
import type { Loose } from '../../support/fake-api.ts';
import { PATIENCE_MS } from '../../support/patience.ts';
import type { Random } from '../../support/random.ts';
import type { Facades } from './facades.ts';
import { randomAggregate } from './aggregates.ts';
import { atRevision, type Model } from './model.ts';
import { answerOf, argumentsOf, called, document, oneOrAll, randomListQuestion, type ListQuestion } from './reading.ts';
import { checkRelations, relationsOf } from './related.ts';
import { collectionOf } from './write.ts';

interface Event {
  type: string;
  object: Loose;
}
/** A subscription of which the end must be what the model says. */
interface Followed {
  what: string;
  /** throws where it is not (yet) */
  check(): void;
  stop(): void;
}

/** What is open at once: a user may have 200 live queries. */
const MAX_OPEN = 80;

/** Watches and live queries that are opened while others write, and compared at the end. */
export class Following {
  readonly counts: Record<string, number> = {};
  private readonly followed: Followed[] = [];

  constructor(
    private readonly facades: Facades,
    private readonly model: Model,
    private readonly random: Random,
  ) {}

  private count(what: string, by = 1): void {
    this.counts[what] = (this.counts[what] ?? 0) + by;
  }

  async open(): Promise<void> {
    if (this.followed.length >= MAX_OPEN) await this.end();
    const forms: (() => void | Promise<void>)[] = [
      () => this.restWatch(),
      () => this.watch(),
      () => this.live(),
      () => this.live(),
      () => this.liveRelations(),
      () => this.liveAggregate(),
    ];
    await this.random.pick(forms)();
  }

  /** Waits until all have told everything, and compares. */
  async end(): Promise<void> {
    for (const { check } of this.followed) await vi.waitFor(check, { timeout: PATIENCE_MS / 4, interval: 5 });
    // nothing comes after
    await this.facades.fake.quiet();
    for (const { check, stop } of this.followed.splice(0)) {
      check();
      stop();
    }
  }

  /** What a watch of this tells: the state if it begins with that, and then what enters, changes and leaves. */
  private eventsOf(asked: ListQuestion, from: number, withState: boolean): Event[] {
    const { subject, namespaces, labels, fields, question } = asked;
    const holds = (object: Loose | undefined): boolean =>
      object !== undefined && labels.holds(object) && fields.holds(object) && (question?.holds(object) ?? true);
    const state = withState ? answerOf(this.model, asked, from).map((object) => ({ type: 'ADDED', object })) : [];
    const changes = this.model.changes
      .filter((change) => change.revision > from && change.subject === subject)
      .filter(({ object }) => !namespaces.length || namespaces.includes(object.metadata.namespace!))
      .flatMap(({ type, object, before, revision }): Event[] => {
        const [was, is] = [holds(before), type !== 'DELETED' && holds(object)];
        if (is) return [{ type: was ? 'MODIFIED' : 'ADDED', object }];
        if (!was) return [];
        // as it was when it last belonged, at the revision at which it left
        return [{ type: 'DELETED', object: atRevision(before!, revision) }];
      });
    return [...state, ...changes];
  }

  /** Where a watch begins: now, or behind. */
  private start(): { from: number; withState: boolean } {
    const { random, model } = this;
    if (random.chance(0.4)) return { from: model.revision, withState: true };
    const behind = random.chance(0.5) ? random.below(model.revision - model.start + 1) : 0;
    return { from: model.revision - behind, withState: false };
  }

  private async restWatch(): Promise<void> {
    const asked: ListQuestion = { ...restAsked(randomListQuestion(this.random)) };
    const { from, withState } = this.start();
    const { subject, namespaces, labels, fields } = asked;
    const query = new URLSearchParams({
      watch: '1',
      ...(labels.text && { labelSelector: labels.text }),
      ...(fields.text && { fieldSelector: fields.text }),
      ...(!withState && { resourceVersion: String(from) }),
    });
    const path = `${collectionOf(subject, namespaces.length === 1 ? namespaces[0] : undefined)}?${query}`;
    const events: Event[] = [];
    const stop = await this.facades.watch(path, (event) => events.push(event));
    this.count('rest watches');
    const check = (): void => expect(events, `${path} from ${from}`).toEqual(this.eventsOf(asked, from, withState));
    this.followed.push({ what: path, check, stop: () => (this.count('rest events', events.length), stop()) });
  }

  private async watch(): Promise<void> {
    const asked = unordered(randomListQuestion(this.random));
    const { from, withState } = this.start();
    const { args, declared, variables } = argumentsOf(asked, false);
    if (!withState) args.push(`resourceVersion: "${from}"`);
    const field = called(`${asked.subject.many}Watch`, args);
    const query = document(
      'subscription',
      declared,
      `${field} { type object { raw } oldObject { raw } resourceVersion errors: __typename }`,
    );
    // who joins a watch that others have begun is told what these were
    const own = withState ? query.replace('subscription', `subscription From${from}_${this.followed.length}`) : query;
    const events: any[] = [];
    const stop = this.facades.subscribe(own, variables, (payload) => events.push(payload));
    // until it is open: what is written before that would belong to its state
    await this.facades.fake.quiet();
    this.count('graphql watches');
    const said = JSON.stringify({ query, variables, from });
    const check = (): void =>
      expect(
        events.map(({ type, object, errors }) => ({ type, object: object?.raw ?? errors })),
        said,
      ).toEqual(this.eventsOf(asked, from, withState));
    this.followed.push({ what: said, check, stop: () => (this.count('graphql events', events.length), stop()) });
  }

  /** A live query of anything, with so much of each item. */
  private liveQuery(asked: ListQuestion, selection: string) {
    const { args, declared, variables } = argumentsOf(asked);
    const first = 1 + this.random.below(8);
    const field = called(`${asked.subject.many}Live`, [...args, `first: ${first}`]);
    const query = document(
      'subscription',
      declared,
      `${field} { type items { ${selection} } changes { type from to object { ${selection} } } totalCount resourceVersion }`,
    );
    return { query, variables, first, said: JSON.stringify({ query, variables }) };
  }

  private live(): void {
    const asked = randomListQuestion(this.random);
    const { query, variables, first, said } = this.liveQuery(asked, 'raw');
    let list: LiveList<{ raw: Loose }> | undefined;
    const stands = (revision: number): void => {
      const expected = answerOf(this.model, asked, revision);
      const found = { items: list?.items.map(({ raw }) => raw), totalCount: list?.totalCount };
      const wanted = { items: expected.slice(0, first), totalCount: expected.length };
      if (!isDeepStrictEqual(found, wanted)) expect(found, `${said} at ${revision}`).toEqual(wanted);
    };
    /** what was wrong on the way, which no later payload mends */
    const faults: unknown[] = [];
    const told: { revision: number; list: LiveList<{ raw: Loose }> }[] = [];
    const stop = this.facades.subscribe(query, variables, (payload) => {
      if (payload.errors) return faults.push(payload.errors);
      list = applyLive(list, payload);
      told.push({ revision: Number(payload.resourceVersion), list: list! });
      return undefined;
    });
    this.count('live queries');
    const check = (): void => {
      expect(faults, said).toEqual([]);
      stands(Infinity);
    };
    const checkWay = (): void => {
      const last = list;
      for (const one of told) {
        list = one.list;
        stands(one.revision);
      }
      list = last;
      this.count('live payloads', told.length);
      stop();
    };
    this.followed.push({ what: said, check, stop: checkWay });
  }

  /** Its relations are so in the end: what they lead to is looked at some time after it was written. */
  private liveRelations(): void {
    const asked = randomListQuestion(this.random);
    const { subject } = asked;
    const { query, variables, first, said } = this.liveQuery(asked, `raw ${relationsOf(subject)}`);
    let list: LiveList<any> | undefined;
    const faults: unknown[] = [];
    let payloads = 0;
    const stop = this.facades.subscribe(query, variables, (payload) => {
      payloads++;
      if (payload.errors) faults.push(payload.errors);
      else list = applyLive(list, payload);
    });
    this.count('live queries with relations');
    const check = (): void => {
      expect(faults, said).toEqual([]);
      const expected = answerOf(this.model, asked);
      const shown = expected.slice(0, first);
      expect([list?.totalCount, list?.items.map(({ raw }) => raw)], said).toEqual([expected.length, shown]);
      for (const [i, object] of shown.entries())
        checkRelations(list?.items[i], subject, object, this.model.now, `${said} ${object.metadata.name}`);
    };
    this.followed.push({ what: said, check, stop: () => (this.count('payloads with relations', payloads), stop()) });
  }

  /** Each answer is that of its revision, and the last one that of the end. */
  private liveAggregate(): void {
    const asked = unordered(randomListQuestion(this.random));
    const { args, declared, variables } = argumentsOf(asked, false);
    const { groupBy, selection, check: isOf } = randomAggregate(this.random, asked.subject);
    const field = called(`${asked.subject.many}AggregateLive`, [...args, groupBy]);
    const query = document('subscription', declared, `${field} { ${selection} resourceVersion }`);
    const said = JSON.stringify({ query, variables });
    const told: any[] = [];
    const stop = this.facades.subscribe(query, variables, (payload) => told.push(payload));
    this.count('live aggregates');
    const check = (): void => {
      expect(told.length, said).toBeGreaterThan(0);
      isOf(told.at(-1), answerOf(this.model, asked), said);
    };
    const checkWay = (): void => {
      for (const answer of told) {
        const at = Number(answer.resourceVersion);
        isOf(answer, answerOf(this.model, asked, at), `${said} at ${at}`);
      }
      this.count('live answers', told.length);
      stop();
    };
    this.followed.push({ what: said, check, stop: checkWay });
  }
}

const restAsked = (asked: ListQuestion): ListQuestion => ({
  ...unordered(asked),
  ...oneOrAll(asked),
  question: undefined,
});
const unordered = (asked: ListQuestion): ListQuestion => ({
  ...asked,
  order: { orderBy: [], sort: (objects) => [...objects] },
});
