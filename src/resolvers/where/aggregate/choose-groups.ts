import { badRequest } from '../../../meta/status.ts';
import { all, entriesOf, short, unknown, type Place, type Test } from '../conditions.ts';
import type { Pick } from '../compile-field.ts';
import { scalarTest } from '../scalar-condition.ts';
import { compareKeys, compareValues, type Comparable } from '../scalar-values.ts';
import { Tally } from '../tally.ts';
import { REDUCTIONS, type Reduction } from './accumulator.ts';
import type { Aggregation, Group } from './aggregation.ts';
import type { GroupField } from './group-by.ts';

/** Steps of one order of groups. */
const MAX_ORDERS = 10;

const isReduction = (word: string): word is Reduction => (REDUCTIONS as readonly string[]).includes(word);

/** Whether a group is one of those that are wanted. */
type GroupTest = (group: Group) => Promise<boolean>;

/** The groups that `having` takes. Throws 400. */
export async function havingOf(groups: readonly Group[], aggregation: Aggregation, having: unknown): Promise<Group[]> {
  const test = await groupTest(aggregation, having, { at: 'having', path: [], depth: 0 }, new Tally());
  const found: Group[] = [];
  for (const group of groups) if (await test(group)) found.push(group);
  return found;
}

async function groupTest(aggregation: Aggregation, having: unknown, place: Place, tally: Tally): Promise<GroupTest> {
  const tests: GroupTest[] = [];
  for (const [word, said] of entriesOf(having, place)) {
    const inner = { ...place, at: `${place.at}.${word}`, depth: place.depth + 1 };
    tally.count(inner);
    if (word === 'count') {
      const test = scalarTest(tally, 'int32', said, inner);
      tests.push(({ count }) => Promise.resolve(test(count)));
    } else if (word === 'and' || word === 'or' || word === 'not') {
      const parts = await Promise.all(listOf(said).map((part) => groupTest(aggregation, part, inner, tally)));
      tests.push(combined(word, parts));
    } else if (isReduction(word)) {
      for (const one of listOf(said)) tests.push(await reductionTest(aggregation, word, one, inner, tally));
    } else throw unknown(place, word, ['count', ...REDUCTIONS, 'and', 'or', 'not']);
  }
  return combined('and', tests);
}

function combined(word: 'and' | 'or' | 'not', tests: readonly GroupTest[]): GroupTest {
  return async (group) => {
    for (const test of tests) if ((await test(group)) !== (word === 'and')) return word === 'or';
    return word !== 'or';
  };
}

const listOf = (said: unknown): readonly unknown[] => (Array.isArray(said) ? (said as unknown[]) : [said]);

const COMPARES: Readonly<Record<string, (order: number) => boolean>> = {
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
  lt: (order) => order < 0,
  lte: (order) => order <= 0,
  gt: (order) => order > 0,
  gte: (order) => order >= 0,
};

async function reductionTest(
  aggregation: Aggregation,
  reduction: Reduction,
  said: unknown,
  place: Place,
  tally: Tally,
): Promise<GroupTest> {
  const { of, ...conditions } = Object.fromEntries(entriesOf(said, place));
  const { field } = await aggregation.column(of, `${place.at}.of`);
  const tests = Object.entries(conditions).map(([word, wanted]): Test => {
    const holds = COMPARES[word];
    if (!holds) throw unknown(place, word, ['of', ...Object.keys(COMPARES)]);
    tally.count(place);
    const operand = operandOf(field.values.operand, wanted);
    if (operand === undefined) throw badRequest(`${short(place.at)}.${word}: not ${field.values.noun}`);
    return (value) => value !== undefined && holds(compareValues(value as Comparable, operand));
  });
  const test = all(tests);
  return async (group) => test((await group.reduced(reduction, of, place.at))?.value);
}

/** An average of integers is none: any number can be compared with it. */
const operandOf = (operand: (given: unknown) => Comparable | undefined, given: unknown): Comparable | undefined =>
  operand(given) ?? (typeof given === 'number' && Number.isFinite(given) ? given : undefined);

interface Step {
  sign: number;
  of(group: Group): Promise<Comparable | undefined>;
}

/** The groups in order; those that are equal in it by what they are grouped by. Throws 400. */
export async function orderedGroups(
  groups: readonly Group[],
  aggregation: Aggregation,
  orderBy: unknown,
  groupBy: readonly GroupField[],
): Promise<Group[]> {
  const given = orderBy === null || orderBy === undefined ? [] : listOf(orderBy);
  if (given.length > MAX_ORDERS) throw badRequest(`orderBy: more than ${MAX_ORDERS} steps`);
  const steps = [
    ...(await Promise.all(given.map((one, i) => stepOf(aggregation, one, `orderBy[${i}]`)))),
    ...groupBy.map(({ pick }, i): Step => ({ sign: signOf(pick), of: ({ by }) => Promise.resolve(by[i]?.value) })),
  ];
  const keyed: { group: Group; key: (Comparable | undefined)[] }[] = [];
  for (const group of groups) {
    const key: (Comparable | undefined)[] = [];
    for (const { of } of steps) key.push(await of(group));
    keyed.push({ group, key });
  }
  keyed.sort((a, b) => {
    for (const [i, { sign }] of steps.entries()) {
      const [left, right] = [a.key[i], b.key[i]];
      if (left === undefined || right === undefined) {
        if (left !== right) return left === undefined ? 1 : -1;
        continue;
      }
      const order = compareKeys(left, right);
      if (order) return order * sign;
    }
    return a.group.index - b.group.index;
  });
  return keyed.map(({ group }) => group);
}

async function stepOf(aggregation: Aggregation, given: unknown, at: string): Promise<Step> {
  const place = { at, path: [], depth: 0 };
  const [first, ...more] = entriesOf(given, place);
  if (!first || more.length) throw badRequest(`${at}: exactly one of count, ${REDUCTIONS.join(', ')} is needed`);
  const [word, said] = first;
  if (word === 'count') return { sign: signOf(said as Pick), of: ({ count }) => Promise.resolve(count) };
  if (!isReduction(word)) throw unknown(place, word, ['count', ...REDUCTIONS]);
  const { field } = await aggregation.column(said, `${at}.${word}`);
  return {
    sign: signOf(field.pick),
    of: async (group) => (await group.reduced(word, said, `${at}.${word}`))?.value,
  };
}

const signOf = (pick: Pick): number => (pick === 'DESC' ? -1 : 1);
