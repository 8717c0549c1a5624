import { isDeepStrictEqual } from 'node:util';
import { expect, vi } from 'vitest';
import { applyLive, type LiveList } from '../../../src/client/live-list.ts';
import type { Loose } from '../../support/fake-api.ts';
import { PATIENCE_MS } from '../../support/patience.ts';
import type { Random } from '../../support/random.ts';
import type { Facades } from './facades.ts';
import { randomAggregate } from './aggregates.ts';
import { beginnings, eventsOf, type Told } from './events.ts';
import type { Model } from './model.ts';
import { answerOf, argumentsOf, called, document, oneOrAll, randomListQuestion, type ListQuestion } from './reading.ts';
import { ALL, randomQuestion } from './questions.ts';
import { checkRelations, relationsOf } from './related.ts';
import { COMMON, SUBJECTS } from './subjects.ts';
import { collectionOf } from './write.ts';

/** A subscription of which the end must be what the model says. */
interface Followed {
  what: string;
  /** throws where it is not (yet) */
  check(): void;
  stop(): void;
  /** loses its connection, and goes on over another */
  interrupt?(): void;
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
      () => this.watchKinds(),
      () => this.watchObjects(),
      () => this.live(),
      () => this.live(),
      () => this.liveRelations(),
      () => this.liveAggregate(),
    ];
    await this.random.pick(forms)();
  }

  /** One that is open loses its connection. */
  interrupt(): void {
    this.random.pick(this.followed)?.interrupt?.();
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
    const events: unknown[] = [];
    const stop = await this.facades.watch(path, (event) => events.push(event));
    this.count('rest watches');
    const check = (): void =>
      expect(events, `${path} from ${from}`).toEqual(
        eventsOf(this.model, asked, from, withState).map(({ type, object }) => ({ type, object })),
      );
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
      `${field} { type object { raw } oldObject { raw } changedPaths resourceVersion }`,
    );
    const events: Told[] = [];
    const stop = await this.subscribed(query, variables, from, withState, (event) =>
      events.push(asTold({ ...event, object: event.object?.raw, oldObject: event.oldObject?.raw })),
    );
    this.count('graphql watches');
    const said = JSON.stringify({ query, variables, from });
    const check = (): void => expect(events, said).toEqual(eventsOf(this.model, asked, from, withState));
    this.followed.push({ what: said, check, stop: () => (this.count('graphql events', events.length), stop()) });
  }

  /** Several kinds in one stream, as they happened. */
  private async watchKinds(): Promise<void> {
    const { random, model } = this;
    const one = random.pick(SUBJECTS);
    const subjects = SUBJECTS.filter((subject) => subject === one || random.chance(0.5));
    const asked = unordered({ ...randomListQuestion(random), subject: { ...one, fields: COMMON } });
    const question = random.maybe(0.5, () => randomQuestion(random, { fields: COMMON }));
    const { from, withState } = this.start();
    const { args } = argumentsOf({ ...asked, fields: ALL, question: undefined }, false);
    if (!withState) args.push(`resourceVersion: "${from}"`);
    const field = called('watch', ['kinds: $kinds', 'where: $where', ...args]);
    const query = document(
      'subscription',
      ['$kinds: [String!]!', '$where: JSON'],
      `${field} { type object oldObject changedPaths resourceVersion }`,
    );
    const variables = { kinds: subjects.map(({ resource }) => resource), where: question?.where ?? null };
    const events: Told[] = [];
    const stop = await this.subscribed(query, variables, from, withState, (event) => events.push(asTold(event)));
    this.count('graphql watches of kinds');
    const said = JSON.stringify({ query, variables, from });
    const expected = (): Told[] => {
      const each = subjects.flatMap((subject) =>
        eventsOf(model, { ...asked, subject, fields: ALL, question }, from, withState),
      );
      return each.sort((a, b) => Number(a.resourceVersion) - Number(b.resourceVersion));
    };
    const check = (): void => {
      const wanted = expected();
      // the state comes kind by kind
      const ofState = wanted.filter(({ resourceVersion }) => Number(resourceVersion) <= from).length;
      const found = events.slice(0, ofState);
      found.sort((a, b) => Number(a.resourceVersion) - Number(b.resourceVersion));
      expect([...found, ...events.slice(ofState)], said).toEqual(wanted);
    };
    this.followed.push({ what: said, check, stop: () => (this.count('events of kinds', events.length), stop()) });
  }

  /** As this program's own loops watch: batches of whole objects. */
  private async watchObjects(): Promise<void> {
    const all = unordered(randomListQuestion(this.random));
    const asked = { ...all, ...oneOrAll(all), question: undefined };
    const { from, withState } = this.start();
    const { args } = argumentsOf(asked, false);
    if (!withState) args.push(`resourceVersion: "${from}"`);
    const { resource, apiVersion, kind } = asked.subject;
    const query = document('subscription', [], called('objectsWatch', [`resource: "${resource}"`, ...args]));
    const events: { type: string; object: Loose }[] = [];
    const stop = await this.subscribed(query, {}, from, withState, (batch: { type: string; object: Loose }[]) => {
      for (const { type, object } of batch)
        if (type !== 'BOOKMARK') events.push({ type, object: { ...object, apiVersion, kind } });
    });
    this.count('graphql watches of objects');
    const check = (): void =>
      expect(events, `${query} from ${from}`).toEqual(
        eventsOf(this.model, asked, from, withState).map(({ type, object }) => ({ type, object })),
      );
    this.followed.push({ what: query, check, stop: () => (this.count('events of objects', events.length), stop()) });
  }

  /** Follows a watch, and resolves when it is open: what is written before that would belong to its state. */
  private async subscribed(
    query: string,
    variables: Record<string, unknown>,
    from: number,
    withState: boolean,
    onEvent: (event: any) => void,
  ): Promise<() => void> {
    // who joins a watch that others have begun is told what these were
    const own = withState ? query.replace('subscription', `subscription From${from}_${this.followed.length}`) : query;
    const stop = this.facades.subscribe(own, variables, onEvent);
    await this.facades.fake.quiet();
    return stop;
  }

  /** A live query of anything, with so much of each item. */
  private liveQuery(asked: ListQuestion, selection: string) {
    const { args, declared, variables } = argumentsOf(asked);
    const first = 1 + this.random.below(8);
    const field = called(`${asked.subject.many}Live`, [...args, `first: ${first}`, 'resume: $resume']);
    const query = document(
      'subscription',
      [...declared, '$resume: String'],
      `${field} { type items { ${selection} } changes { type from to object { ${selection} } } totalCount resourceVersion resume }`,
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
    const connection = this.resumable(query, variables, (payload) => {
      if (payload.errors) return void faults.push(payload.errors);
      list = applyLive(list, payload);
      told.push({ revision: Number(payload.resourceVersion), list: list! });
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
      connection.stop();
    };
    this.followed.push({ what: said, check, stop: checkWay, interrupt: connection.interrupt });
  }

  /** A live query whose connection may be lost: it goes on from where it was, over another. */
  private resumable(
    query: string,
    variables: Record<string, unknown>,
    onPayload: (payload: any) => void,
  ): { stop(): void; interrupt(): void } {
    let connections = 0;
    let resume: string | undefined;
    const open = (): (() => void) => {
      const own = ++connections;
      return this.facades.subscribe(query, { ...variables, resume }, (payload) => {
        // what has been sent over a connection that is lost is not seen
        if (own !== connections) return;
        ({ resume = resume } = payload);
        if (own > 1) this.count(`resumed with ${payload.type}`);
        onPayload(payload);
      });
    };
    let close = open();
    return {
      stop: () => close(),
      interrupt: () => {
        close();
        close = open();
      },
    };
  }

  /** Its relations are so in the end: what they lead to is looked at some time after it was written. */
  private liveRelations(): void {
    const asked = randomListQuestion(this.random);
    const { subject } = asked;
    const { query, variables, first, said } = this.liveQuery(asked, `raw ${relationsOf(subject)}`);
    let list: LiveList<any> | undefined;
    const faults: unknown[] = [];
    let payloads = 0;
    const { stop, interrupt } = this.resumable(query, variables, (payload) => {
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
    const end = (): void => (this.count('payloads with relations', payloads), stop());
    this.followed.push({ what: said, check, stop: end, interrupt });
  }

  /** Each answer is that of its revision, and the last one that of the end. */
  private liveAggregate(): void {
    const asked = unordered(randomListQuestion(this.random));
    const { args, declared, variables } = argumentsOf(asked, false);
    const { args: more, selection, check: isOf } = randomAggregate(this.random, asked.subject);
    const field = called(`${asked.subject.many}AggregateLive`, [...args, ...more]);
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

const asTold = ({ type, object, oldObject, changedPaths, resourceVersion }: any): Told => ({
  type,
  object,
  oldObject: oldObject ?? null,
  changed: changedPaths && beginnings(changedPaths),
  resourceVersion,
});

const restAsked = (asked: ListQuestion): ListQuestion => ({
  ...unordered(asked),
  ...oneOrAll(asked),
  question: undefined,
});
const unordered = (asked: ListQuestion): ListQuestion => ({
  ...asked,
  order: { orderBy: [], sort: (objects) => [...objects] },
});
