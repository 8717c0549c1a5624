import { expect } from 'vitest';
import type { Loose } from '../../support/fake-api.ts';
import type { Random } from '../../support/random.ts';
import { compare } from './model.ts';
import { fieldInput, meant, thousandths, valuesOf } from './questions.ts';
import type { Field, Subject } from './subjects.ts';

/** What is to be reckoned of a list, and the slow way to reckon it. */
export interface AggregateQuestion {
  /** arguments besides those of a list */
  args: string[];
  selection: string;
  /** Throws where an answer is not that of these objects. */
  check(answer: any, objects: readonly Loose[], said: string): void;
}

interface Group {
  count: number;
  sum?: unknown;
  least?: unknown;
  most?: unknown;
  mean?: unknown;
}

/** Numbers, a sum, extremes and an average of all and by group; of the groups perhaps only some, in another order. */
export function randomAggregate(random: Random, subject: Subject): AggregateQuestion {
  const numbers = subject.fields.filter(({ type }) => type === 'int' || type === 'quantity');
  const of = random.pick(numbers) as Field | undefined;
  const by = random.pick(subject.fields.filter(({ path }) => !path.includes('[]')));
  const atLeast = random.maybe(0.3, () => 1 + random.below(3));
  const bySize = random.chance(0.3);
  const field = of && literal(fieldInput(of, 'VALUE'));
  const reductions = field
    ? ` sum(of: ${field}) least: min(of: ${field}) most: max(of: ${field}) mean: avg(of: ${field})`
    : '';
  const check = (group: Group, objects: readonly Loose[], said: string): void => {
    expect(group.count, said).toBe(objects.length);
    if (of) checkReductions(of, group, objects, said);
  };
  return {
    args: [
      `groupBy: ${literal([fieldInput(by, 'ASC')])}`,
      ...(atLeast === undefined ? [] : [`having: { count: { gte: ${atLeast} } }`]),
      ...(bySize ? ['orderBy: [{ count: DESC }]'] : []),
    ],
    selection: `total { count${reductions} } groupCount groups { by count${reductions} }`,
    check(answer, objects, said) {
      check(answer.total, objects, said);
      const values = [...new Set(objects.map((object) => valuesOf(by, object)[0]))];
      values.sort((a: any, b: any) => (a === undefined ? 1 : b === undefined ? -1 : compare(a, b)));
      const groups = values
        .map((value) => ({ value, members: objects.filter((object) => valuesOf(by, object)[0] === value) }))
        .filter(({ members }) => members.length >= (atLeast ?? 0));
      if (bySize) groups.sort((a, b) => b.members.length - a.members.length);
      const shown = answer.groups as (Group & { by: unknown[] })[];
      expect(
        shown.map((group) => group.by[0]),
        said,
      ).toEqual(groups.map(({ value }) => value ?? null));
      expect(answer.groupCount, said).toBe(groups.length);
      for (const [i, { members }] of groups.entries()) check(shown[i]!, members, said);
    },
  };
}

/** What of values is compared: those of quantities in thousandths. */
const amount = ({ type }: Field, value: unknown): bigint =>
  type === 'quantity' ? thousandths(String(value)) : BigInt(value as number);

function checkReductions(of: Field, { sum, least, most, mean }: Group, objects: readonly Loose[], said: string): void {
  const values = objects.flatMap((object) => valuesOf(of, object)).filter((value) => value !== undefined);
  const amounts = values.map((value) => amount(of, value)).sort(compare);
  const total = amounts.reduce((a, b) => a + b, 0n);
  expect(amount(of, sum), said).toBe(total);
  if (!amounts.length) return expect([least, most, mean], said).toEqual([null, null, null]);
  expect([meant(of, least), meant(of, most)], said).toEqual(
    [amounts[0], amounts.at(-1)].map((one) => (of.type === 'quantity' ? one : Number(one))),
  );
  const count = BigInt(amounts.length);
  // of quantities it is rounded, to whole bytes where they are such
  if (of.type === 'quantity') {
    const off = thousandths(String(mean)) * count - total;
    expect(off < 0n ? -off : off, said).toBeLessThanOrEqual(count * 1000n);
  } else expect(mean, said).toBeCloseTo(Number(total) / amounts.length);
}

/** An input as text; directions are enums. */
const literal = (value: unknown): string =>
  JSON.stringify(value)
    .replace(/"(\w+)":/g, '$1:')
    .replace(/"(ASC|DESC|VALUE)"/g, '$1');
