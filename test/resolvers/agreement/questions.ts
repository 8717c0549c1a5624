import type { Loose } from '../../support/fake-api.ts';
import type { Random } from '../../support/random.ts';
import { compare } from './model.ts';
import type { Field, Subject } from './subjects.ts';

type Holds = (object: Loose) => boolean;
/** A filter, and the slow way to answer it. */
export interface Question {
  where: object;
  holds: Holds;
}
export interface Selector {
  text: string;
  holds: Holds;
}
export interface Order {
  orderBy: readonly object[];
  /** `undefined` where only the place decides, which a list is ordered by already */
  sort(objects: readonly Loose[]): Loose[];
}

const SUFFIXES: Record<string, bigint> = {
  m: 1n,
  '': 1000n,
  k: 1_000_000n,
  M: 1_000_000_000n,
  G: 1_000_000_000_000n,
  Ki: 1_024_000n,
  Mi: 1_048_576_000n,
  Gi: 1_073_741_824_000n,
};
/** Thousandths of a quantity, of those that are used here. */
export function thousandths(text: string): bigint {
  const [, whole = '', part = '', suffix = ''] = /^(\d+)(?:\.(\d{1,3}))?([a-zA-Z]*)$/.exec(text) ?? [];
  const unit = SUFFIXES[suffix];
  if (unit === undefined) throw new Error(`no quantity: ${text}`);
  return (BigInt(whole + part) * unit) / 10n ** BigInt(part.length);
}

/** What is to be compared: an instant of the type's order. */
export const meant = ({ type }: Field, value: unknown): any =>
  type === 'quantity' ? thousandths(String(value)) : type === 'boolean' ? Number(value) : value;

/** What stands at a field, one for each item of the lists on the way; undefined where an item has none. */
export function valuesOf({ path }: Pick<Field, 'path'>, object: unknown): unknown[] {
  let values: unknown[] = [object];
  for (const part of path) {
    if (part === '[]') values = values.flatMap((value) => (value as unknown[] | undefined) ?? []);
    else values = values.map((value: any) => value?.[part.startsWith('{') ? part.slice(1, -1) : part]);
  }
  return values.map((value) => value ?? undefined);
}

const manyOf = ({ path }: Field): boolean => path.includes('[]');

function nested(path: readonly string[], leaf: object, quantifier = 'some'): object {
  const [part, ...rest] = path;
  if (part === undefined) return leaf;
  if (part === '[]') return { [quantifier]: nested(rest, leaf) };
  if (part.startsWith('{')) return [{ key: part.slice(1, -1), ...leaf }];
  return { [part]: nested(rest, leaf, quantifier) };
}

type Word = [word: string, value: unknown, holds: (found: any) => boolean];
function randomWord(random: Random, field: Field): Word {
  const value = random.pick(field.values);
  const others = [value, random.pick(field.values)];
  const wanted = meant(field, value);
  const known = (test: (found: any) => boolean) => (found: unknown) => found !== undefined && test(meant(field, found));
  const among = known((found) => others.some((other) => meant(field, other) === found));
  const exists = random.chance(0.5);
  const words: Word[] = [
    ['eq', value, known((found) => found === wanted)],
    ['ne', value, (found) => found === undefined || meant(field, found) !== wanted],
    ['exists', exists, (found) => (found !== undefined) === exists],
  ];
  if (field.type !== 'boolean')
    words.push(
      ['in', others, among],
      ['notIn', others, (found) => !among(found)],
      ['lt', value, known((found) => found < wanted)],
      ['lte', value, known((found) => found <= wanted)],
      ['gt', value, known((found) => found > wanted)],
      ['gte', value, known((found) => found >= wanted)],
    );
  if (field.type === 'string') {
    const part = String(value).slice(0, 1);
    words.push(
      ['contains', part, known((found) => found.includes(part))],
      ['startsWith', part, known((found) => found.startsWith(part))],
      ['endsWith', part, known((found) => found.endsWith(part))],
      ['matches', `^[a-m]`, known((found) => /^[a-m]/.test(found))],
    );
  }
  return random.pick(words);
}

/** @param subject whose fields are asked for */
export function randomQuestion(random: Random, subject: Pick<Subject, 'fields'>, depth = 0): Question {
  if (depth < 2 && random.chance(0.3)) {
    const parts = [randomQuestion(random, subject, depth + 1), randomQuestion(random, subject, depth + 1)];
    const wheres = parts.map(({ where }) => where);
    return random.pick<Question>([
      { where: { and: wheres }, holds: (object) => parts.every(({ holds }) => holds(object)) },
      { where: { or: wheres }, holds: (object) => parts.some(({ holds }) => holds(object)) },
      { where: { not: wheres[0] }, holds: (object) => !parts[0]!.holds(object) },
    ]);
  }
  const field = random.pick(subject.fields);
  const [word, value, holds] = randomWord(random, field);
  const quantifier = random.pick(['some', 'every', 'none']);
  const where = nested(field.path, { [word]: value }, quantifier);
  if (!manyOf(field)) return { where, holds: (object) => holds(valuesOf(field, object)[0]) };
  if (quantifier === 'every') return { where, holds: (object) => valuesOf(field, object).every(holds) };
  return { where, holds: (object) => valuesOf(field, object).some(holds) === (quantifier === 'some') };
}

/** `{ metadata: { labels: { key: "app", pick: ASC } } }`; lists are gone through. */
export function fieldInput({ path }: Field, pick: string): object {
  const [last, ...before] = path.filter((part) => part !== '[]').reverse();
  const start = last!.startsWith('{') ? { key: last!.slice(1, -1), pick } : { [last!]: pick };
  return before.reduce<object>((inner, part) => ({ [part]: inner }), start);
}

export function randomOrder(random: Random, subject: Subject): Order {
  const steps = random.list(0, 2, () => ({ field: random.pick(subject.fields), sign: random.pick([1, -1]) }));
  const keyOf = (field: Field, sign: number, object: Loose): any =>
    valuesOf(field, object)
      .filter((value) => value !== undefined)
      .map((value) => meant(field, value))
      .sort((a, b) => compare(a, b) * sign)[0];
  const sort = (objects: readonly Loose[]): Loose[] =>
    [...objects].sort((a, b) => {
      for (const { field, sign } of steps) {
        const [left, right] = [keyOf(field, sign, a), keyOf(field, sign, b)];
        if (left === undefined && right === undefined) continue;
        if (left === undefined || right === undefined) return left === undefined ? 1 : -1;
        if (compare(left, right)) return compare(left, right) * sign;
      }
      return 0;
    });
  return { orderBy: steps.map(({ field, sign }) => fieldInput(field, sign === 1 ? 'ASC' : 'DESC')), sort };
}

const LABELS: readonly Selector[] = [
  { text: 'app=x', holds: (o) => labelOf(o, 'app') === 'x' },
  { text: 'app!=x', holds: (o) => labelOf(o, 'app') !== 'x' },
  {
    text: 'app in (x,y),tier',
    holds: (o) => /^[xy]$/.test(labelOf(o, 'app') ?? '') && labelOf(o, 'tier') !== undefined,
  },
  { text: 'tier notin (1)', holds: (o) => labelOf(o, 'tier') !== '1' },
  { text: '!tier', holds: (o) => labelOf(o, 'tier') === undefined },
  { text: 'app,tier>1', holds: (o) => labelOf(o, 'app') !== undefined && Number(labelOf(o, 'tier')) > 1 },
];
const labelOf = ({ metadata }: Loose, key: string): string | undefined => metadata.labels?.[key];
const FIELDS: readonly Selector[] = [
  { text: 'metadata.name=n1', holds: (o) => o.metadata.name === 'n1' },
  {
    text: 'metadata.name!=n1,metadata.namespace=a',
    holds: (o) => o.metadata.name !== 'n1' && o.metadata.namespace === 'a',
  },
];
const POD_FIELDS: readonly Selector[] = [
  { text: 'status.phase!=Pending', holds: (o) => o['status'].phase !== 'Pending' },
  { text: 'status.phase=Running', holds: (o) => o['status'].phase === 'Running' },
  { text: 'spec.nodeName=', holds: (o) => !o['spec'].nodeName },
];
export const ALL: Selector = { text: '', holds: () => true };

export const randomLabels = (random: Random): Selector => (random.chance(0.5) ? ALL : random.pick(LABELS));
export const randomFields = (random: Random, { kind }: Subject): Selector =>
  random.chance(0.6) ? ALL : random.pick(kind === 'Pod' ? [...FIELDS, ...POD_FIELDS] : FIELDS);
