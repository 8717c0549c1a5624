import { expect } from 'vitest';
import type { Loose } from '../../support/fake-api.ts';
import type { Random } from '../../support/random.ts';
import { compare } from './model.ts';
import { fieldInput, thousandths, valuesOf } from './questions.ts';
import type { Field, Subject } from './subjects.ts';

/** What is to be reckoned of a list, and the slow way to reckon it. */
export interface AggregateQuestion {
  /** an argument */
  groupBy: string;
  selection: string;
  /** Throws where an answer is not that of these objects. */
  check(answer: any, objects: readonly Loose[], said: string): void;
}

/** Numbers and a sum of all and by group. */
export function randomAggregate(random: Random, subject: Subject): AggregateQuestion {
  const summed = random.pick(subject.fields.filter(({ type }) => type === 'int' || type === 'quantity')) as
    Field | undefined;
  const by = random.pick(subject.fields.filter(({ path }) => !path.includes('[]')));
  const sum = summed ? ` sum(of: ${literal(fieldInput(summed, 'VALUE'))})` : '';
  const reckoned = (objects: readonly Loose[]): unknown => [
    objects.length,
    summed ? String(sumOf(summed, objects)) : '',
  ];
  const told = (group: { count: number; sum?: unknown }): unknown => [
    group.count,
    summed ? String(summed.type === 'quantity' ? thousandths(String(group.sum)) : group.sum) : '',
  ];
  return {
    groupBy: `groupBy: ${literal([fieldInput(by, 'ASC')])}`,
    selection: `total { count${sum} } groups { by count${sum} }`,
    check(answer, objects, said) {
      expect(told(answer.total), said).toEqual(reckoned(objects));
      const values = [...new Set(objects.map((object) => valuesOf(by, object)[0]))];
      values.sort((a: any, b: any) => (a === undefined ? 1 : b === undefined ? -1 : compare(a, b)));
      const groups = values.map((value) => [
        value ?? null,
        reckoned(objects.filter((object) => valuesOf(by, object)[0] === value)),
      ]);
      expect(
        answer.groups.map((group: any) => [group.by[0], told(group)]),
        said,
      ).toEqual(groups);
    },
  };
}

function sumOf(field: Field, objects: readonly Loose[]): bigint {
  const values = objects.flatMap((object) => valuesOf(field, object)).filter((value) => value !== undefined);
  return values.reduce<bigint>(
    (sum, value) => sum + (field.type === 'quantity' ? thousandths(String(value)) : BigInt(value as number)),
    0n,
  );
}

/** An input as text; directions are enums. */
const literal = (value: unknown): string =>
  JSON.stringify(value)
    .replace(/"(\w+)":/g, '$1:')
    .replace(/"(ASC|DESC|VALUE)"/g, '$1');
