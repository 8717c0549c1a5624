import { expect } from 'vitest';
import type { Loose } from '../../support/fake-api.ts';
import type { Random } from '../../support/random.ts';
import type { Facades } from './facades.ts';
import { randomAggregate } from './aggregates.ts';
import { checkChanges, checkHistory } from './history.ts';
import type { Model } from './model.ts';
import {
  randomFields,
  randomLabels,
  randomOrder,
  randomQuestion,
  type Order,
  type Question,
  type Selector,
} from './questions.ts';
import { checkRelations, relationsOf } from './related.ts';
import { NAMES, NAMESPACES, SUBJECTS, type Field, type Subject } from './subjects.ts';
import { collectionOf } from './write.ts';

/** All that a list can be asked. */
export interface ListQuestion {
  subject: Subject;
  namespaces: readonly string[];
  labels: Selector;
  fields: Selector;
  question: Question | undefined;
  order: Order;
}
export function randomListQuestion(random: Random): ListQuestion {
  const subject = random.pick(SUBJECTS);
  return {
    subject,
    namespaces: random.pick([['a'], ['b'], NAMESPACES, []]),
    labels: randomLabels(random),
    fields: randomFields(random, subject),
    question: random.maybe(0.7, () => randomQuestion(random, subject)),
    order: randomOrder(random, subject),
  };
}
/** What a list answers, found by looking at everything. */
export function answerOf(model: Model, asked: ListQuestion, revision = Infinity): Loose[] {
  const { subject, namespaces, labels, fields, question, order } = asked;
  const found = model
    .list(subject, namespaces, revision)
    .filter((object) => labels.holds(object) && fields.holds(object) && (question?.holds(object) ?? true));
  return order.sort(found);
}
/** As the arguments of `pods`, `podsLive`, `podsWatch`; the variables are `$where` and `$orderBy`. */
export function argumentsOf({ subject, namespaces, labels, fields, question, order }: ListQuestion, ordered = true) {
  const [first] = namespaces;
  const custom = subject.kind === 'Widget' ? 'Widget_example_com_v1' : subject.kind;
  const args = [
    ...(namespaces.length === 1 ? [`namespace: "${first}"`] : []),
    ...(namespaces.length > 1 ? [`namespaces: ${JSON.stringify(namespaces)}`] : []),
    ...(labels.text ? [`labelSelector: "${labels.text}"`] : []),
    ...(fields.text ? [`fieldSelector: "${fields.text}"`] : []),
    ...(question ? ['where: $where'] : []),
    ...(ordered ? ['orderBy: $orderBy'] : []),
  ];
  const declared = [
    ...(question ? [`$where: ${custom}Where`] : []),
    ...(ordered ? [`$orderBy: [${custom}Field!]`] : []),
  ];
  const variables = { ...(question && { where: question.where }), ...(ordered && { orderBy: order.orderBy }) };
  return { args, declared, variables };
}
export const document = (kind: 'query' | 'subscription', declared: readonly string[], field: string): string =>
  `${kind} ${declared.length ? `(${declared.join(', ')})` : ''} { r: ${field} }`;
export const called = (field: string, args: readonly string[]): string =>
  args.length ? `${field}(${args.join(', ')})` : field;

/** Items of a list over REST name no kind where all are of a built-in one. */
const untyped = ({ apiVersion, kind, ...object }: Loose): unknown => ({
  ...object,
  ...(kind === 'Widget' && { apiVersion, kind }),
});
const place = ({ metadata: { namespace, name, resourceVersion } }: Loose): string =>
  `${namespace}/${name}@${resourceVersion}`;

/** A list that is read a page at a time, while others write. */
interface Paging {
  what: string;
  expected: readonly Loose[];
  seen: unknown[];
  next(): Promise<{ items: unknown[]; more: boolean }>;
}

/** Reads at random, through both façades, and compares with the model. */
export class Reading {
  readonly counts: Record<string, number> = {};
  private readonly pagings: Paging[] = [];

  constructor(
    private readonly facades: Facades,
    private readonly model: Model,
    private readonly random: Random,
  ) {}

  private count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  async step(): Promise<void> {
    const { random } = this;
    if (this.pagings.length && random.chance(0.4)) return this.turn(random.pick(this.pagings));
    const forms: (() => Promise<void>)[] = [
      () => this.get(),
      () => this.restList(),
      () => this.restPages(),
      () => this.list(),
      () => this.list(),
      () => this.pages(),
      () => this.backwards(),
      () => this.aggregate(),
      () => this.search(),
      () => this.relations(),
      () => this.history(),
      () => this.changes(),
      () => this.generic(),
    ];
    await random.pick(forms)();
  }

  /** of a state that is behind, or of none */
  private randomRevision(): number | undefined {
    const { model, random } = this;
    return random.maybe(0.4, () => model.start + random.below(model.revision - model.start + 1));
  }

  private async get(): Promise<void> {
    const { random, model, facades } = this;
    const [subject, namespace, name] = [random.pick(SUBJECTS), random.pick(NAMESPACES), random.pick(NAMES)];
    const expected = model.find(subject, namespace, name);
    const rest = await facades.rest('GET', `${collectionOf(subject, namespace)}/${name}`);
    const at = `namespace: "${namespace}", name: "${name}"`;
    const typed = await facades.graphql(`{ r: ${subject.one}(${at}) { raw } }`);
    const generic = await facades.graphql(`{ r: object(resource: "${subject.resource}", ${at}) }`);
    this.count('get');
    if (expected) {
      expect(rest.body).toEqual(expected);
      expect(typed.body.raw).toEqual(expected);
      expect(generic.body).toEqual(expected);
    } else {
      expect([rest.code, typed.code, generic.code]).toEqual([404, 404, 404]);
      expect([typed.body, generic.body]).toEqual([rest.body, rest.body]);
    }
    const past = this.randomRevision();
    if (past === undefined) return;
    const then = model.find(subject, namespace, name, past);
    const old = await facades.graphql(`{ r: ${subject.one}(${at}, asOf: "${past}") { raw } }`);
    expect(then ? old.body.raw : old.code).toEqual(then ?? 404);
    this.count('get asOf');
  }

  private restQuery({ subject, namespaces, labels, fields }: ListQuestion, more: Record<string, string>): string {
    const query = new URLSearchParams({
      ...(labels.text && { labelSelector: labels.text }),
      ...(fields.text && { fieldSelector: fields.text }),
      ...more,
    });
    return `${collectionOf(subject, namespaces.length === 1 ? namespaces[0] : undefined)}?${query}`;
  }
  /** What REST cannot ask is left out. */
  private randomRestQuestion(): ListQuestion {
    const asked = randomListQuestion(this.random);
    return {
      ...asked,
      ...oneOrAll(asked),
      question: undefined,
      order: { orderBy: [], sort: (objects) => [...objects] },
    };
  }

  private async restList(): Promise<void> {
    const asked = this.randomRestQuestion();
    const past = this.randomRevision();
    const exact = past !== undefined && { resourceVersion: String(past), resourceVersionMatch: 'Exact' };
    const path = this.restQuery(asked, { ...exact });
    const { code, body } = await this.facades.rest('GET', path);
    expect([path, code]).toEqual([path, 200]);
    expect(body.items, path).toEqual(answerOf(this.model, asked, past).map(untyped));
    expect(body.metadata.resourceVersion).toBe(String(past ?? this.facades.revision));
    this.count(past === undefined ? 'rest list' : 'rest list exact');
  }

  private async restPages(): Promise<void> {
    const asked = this.randomRestQuestion();
    const limit = String(1 + this.random.below(5));
    let token: string | undefined;
    const next = async () => {
      const path = this.restQuery(asked, { limit, ...(token && { continue: token }) });
      const { body } = await this.facades.rest('GET', path);
      token = body.metadata.continue;
      return { items: body.items, more: token !== undefined };
    };
    const expected = answerOf(this.model, asked).map(untyped) as Loose[];
    await this.turn({ what: `rest pages of ${this.restQuery(asked, { limit })}`, expected, seen: [], next }, true);
    this.count('rest pages');
  }

  private async list(): Promise<void> {
    const asked = randomListQuestion(this.random);
    const { subject } = asked;
    const past = this.randomRevision();
    const { args, declared, variables } = argumentsOf(asked);
    if (past !== undefined) args.push(`asOf: "${past}"`);
    const { selection, shown } = shape(subject.fields);
    const query = document(
      'query',
      declared,
      `${called(subject.many, args)} { totalCount resourceVersion items { raw ${selection} } }`,
    );
    const body = await this.facades.ask(query, variables);
    const expected = answerOf(this.model, asked, past);
    const said = JSON.stringify({ query, variables });
    expect(
      body.items.map((item: any) => place(item.raw)),
      said,
    ).toEqual(expected.map(place));
    expect(
      body.items.map((item: any) => item.raw),
      said,
    ).toEqual(expected);
    for (const [i, { raw, ...item }] of body.items.entries()) expect(item, said).toEqual(shown(expected[i]));
    expect(body.totalCount, said).toBe(expected.length);
    this.count(past === undefined ? 'graphql list' : 'graphql list asOf');
  }

  private async pages(): Promise<void> {
    const asked = randomListQuestion(this.random);
    const { args, declared, variables } = argumentsOf(asked);
    const size = 1 + this.random.below(5);
    const query = document(
      'query',
      [...declared, '$after: String'],
      `${called(asked.subject.many, [...args, `first: ${size}`, 'after: $after'])} { items { raw } totalCount pageInfo { hasNextPage endCursor } }`,
    );
    const expected = answerOf(this.model, asked);
    let after: string | null = null;
    const next = async () => {
      const { items, pageInfo, totalCount } = await this.facades.ask(query, { ...variables, after });
      expect(totalCount, query).toBe(expected.length);
      after = pageInfo.endCursor;
      return { items: items.map(({ raw }: { raw: unknown }) => raw), more: pageInfo.hasNextPage };
    };
    await this.turn({ what: JSON.stringify({ query, variables }), expected, seen: [], next }, true);
    this.count('graphql pages');
  }

  /** Reads one page more, and compares when there are no more. */
  private async turn(paging: Paging, isNew = false): Promise<void> {
    const { items, more } = await paging.next();
    paging.seen.push(...items);
    this.count('page');
    if (more) {
      if (isNew) this.pagings.push(paging);
      return;
    }
    expect(paging.seen, paging.what).toEqual(paging.expected);
    const at = this.pagings.indexOf(paging);
    if (at >= 0) this.pagings.splice(at, 1);
  }

  private async backwards(): Promise<void> {
    const asked = randomListQuestion(this.random);
    const { args, declared, variables } = argumentsOf(asked);
    const size = 1 + this.random.below(5);
    const expected = answerOf(this.model, asked);
    const query = document(
      'query',
      [...declared, '$before: String'],
      `${called(asked.subject.many, [...args, `last: ${size}`, 'before: $before'])} { items { raw } pageInfo { hasPreviousPage startCursor } }`,
    );
    const seen: unknown[] = [];
    for (let before: string | null = null, more = true; more;) {
      const { items, pageInfo }: any = await this.facades.ask(query, { ...variables, before });
      seen.unshift(...items.map(({ raw }: { raw: unknown }) => raw));
      [before, more] = [pageInfo.startCursor, pageInfo.hasPreviousPage];
    }
    expect(seen, JSON.stringify({ query, variables })).toEqual(expected);
    this.count('graphql pages backwards');
  }

  private async aggregate(): Promise<void> {
    const asked = randomListQuestion(this.random);
    const past = this.randomRevision();
    const { args, declared, variables } = argumentsOf(asked, false);
    const { args: more, selection, check } = randomAggregate(this.random, asked.subject);
    if (past !== undefined) args.push(`asOf: "${past}"`);
    const field = called(`${asked.subject.many}Aggregate`, [...args, ...more]);
    const query = document('query', declared, `${field} { ${selection} }`);
    const body = await this.facades.ask(query, variables);
    check(body, answerOf(this.model, asked, past), JSON.stringify({ query, variables }));
    this.count('graphql aggregate');
  }

  private async search(): Promise<void> {
    const { model, random, facades } = this;
    const [text, where] = random.pick<[string, string]>([
      ...['n', 'm-', 'one', 'z', 'n1'].map((part): [string, string] => [part, 'metadata.name']),
      ...['app=x', 'tier=1'].map((label): [string, string] => [label, 'metadata.labels']),
    ]);
    const kinds = SUBJECTS.map(({ resource }) => resource);
    const query = `query ($kinds: [String!]) { r: search(text: "${text}", kinds: $kinds, namespaces: ["a", "b"], first: 200) { resource namespace name field object } }`;
    const hits = await facades.ask(query, { kinds });
    const found = hits.filter(({ field }: { field: string }) => field === where);
    const has = ({ metadata: { name, labels = {} } }: Loose): boolean =>
      where === 'metadata.name'
        ? name.includes(text)
        : Object.entries(labels).some(([key, value]) => `${key}=${value}` === text);
    const expected = SUBJECTS.flatMap((subject) => model.list(subject, NAMESPACES).filter(has));
    const byPlace = (objects: any[]): unknown[] => objects.map((object) => `${object.kind} ${place(object)}`).sort();
    expect(byPlace(found.map(({ object }: { object: Loose }) => object)), query).toEqual(byPlace(expected));
    this.count('search');
  }

  private async relations(): Promise<void> {
    const { model, random, facades } = this;
    const past = this.randomRevision();
    const all = model.at(past ?? Infinity);
    if (!all.size) return;
    const object = random.pick([...all.values()]);
    const { namespace, name } = object.metadata;
    const subject = SUBJECTS.find(({ kind }) => kind === object.kind)!;
    const asOf = past === undefined ? '' : `, asOf: "${past}"`;
    const query = `{ r: ${subject.one}(namespace: "${namespace}", name: "${name}"${asOf}) { ${relationsOf(subject)} } }`;
    checkRelations(await facades.ask(query), subject, object, all, query);
    this.count('relations');
  }

  private async history(): Promise<void> {
    const { facades, model, random } = this;
    await checkHistory(facades, model, random);
    this.count('history');
  }

  private async changes(): Promise<void> {
    const { facades, model, random } = this;
    await checkChanges(facades, model, random);
    this.count('changes');
  }

  /** The same as JSON, with selectors. */
  private async generic(): Promise<void> {
    const all = randomListQuestion(this.random);
    const asked = { ...all, ...oneOrAll(all) };
    const { args } = argumentsOf({ ...asked, question: undefined }, false);
    const { subject, question, order } = asked;
    const query = `query ($where: JSON, $orderBy: JSON) { r: ${called('objects', [`resource: "${subject.resource}"`, ...args, 'where: $where', 'orderBy: $orderBy'])} { items } }`;
    const variables = { where: question?.where ?? null, orderBy: order.orderBy };
    const { items } = await this.facades.ask(query, variables);
    const said = JSON.stringify({ query, variables });
    const whole = (object: any): any => ({ ...object, apiVersion: subject.apiVersion, kind: subject.kind });
    expect(items.map(whole), said).toEqual(answerOf(this.model, asked));
    this.count('graphql objects');
  }
}

/** REST lists one namespace or all, and so does what is known by a resource's name. */
export const oneOrAll = ({ namespaces }: ListQuestion): Pick<ListQuestion, 'namespaces'> => ({
  namespaces: namespaces.length === 1 ? namespaces : [],
});
/** A selection of some fields, and what of an object it shows. */
function shape(fields: readonly Field[]): { selection: string; shown(object: unknown): unknown } {
  interface Tree {
    [part: string]: Tree;
  }
  const tree: Tree = {};
  for (const { path } of fields) {
    let at = tree;
    for (const part of path) {
      if (part.startsWith('{')) break;
      if (part !== '[]') at = at[part] ??= {};
    }
  }
  const maps = new Set(
    fields.flatMap(({ path }) => path.flatMap((part, i) => (path[i + 1]?.startsWith('{') ? [part] : []))),
  );
  const text = (of: Tree): string =>
    Object.entries(of)
      .map(([part, inner]) =>
        maps.has(part) ? `${part}JSON` : Object.keys(inner).length ? `${part} { ${text(inner)} }` : part,
      )
      .join(' ');
  const shown = (of: Tree, value: any): any => {
    if (value === undefined || value === null) return null;
    if (Array.isArray(value)) return Object.keys(of).length ? value.map((item) => shown(of, item)) : value;
    if (!Object.keys(of).length) return value;
    return Object.fromEntries(
      Object.entries(of).map(([part, inner]) => [maps.has(part) ? `${part}JSON` : part, shown(inner, value[part])]),
    );
  };
  return { selection: text(tree), shown: (object) => shown(tree, object) };
}
