import { compileRegexp, RegexpError } from '../../go/regexp.ts';
import type { ScalarSchema } from '../../kinds/schema.ts';
import { badRequest } from '../../meta/status.ts';
import { all, boolean, entriesOf, isAbsent, short, unknown, type Place, type Test } from './conditions.ts';
import type { Tally } from './tally.ts';
import { compareValues, identityOf, SCALAR_VALUES, type Comparable, type ScalarValues } from './scalar-values.ts';

const EQUALITY = ['eq', 'ne', 'in', 'notIn', 'exists'] as const;
const ORDER = ['lt', 'lte', 'gt', 'gte'] as const;
const TEXT = ['contains', 'startsWith', 'endsWith', 'matches'] as const;
export type Word = (typeof EQUALITY)[number] | (typeof ORDER)[number] | (typeof TEXT)[number];

/** What can be said of values of a type. */
export const wordsOf = ({ ordered, text }: Pick<ScalarValues, 'ordered' | 'text'>): readonly Word[] => [
  ...EQUALITY,
  ...(ordered ? ORDER : []),
  ...(text ? TEXT : []),
];

/**
 * What is said of one value. A value that is not there is equal to nothing, and so is `ne` and `notIn` of everything, as
 * in label selectors; of the others none holds.
 */
export function scalarTest(tally: Tally, type: ScalarSchema['type'], given: unknown, place: Place): Test {
  const values = SCALAR_VALUES[type];
  const words: readonly string[] = wordsOf(values);
  tally.reads(place.part ?? place.path);
  const said = entriesOf(given, place);
  const test = all(
    said.map(([word, operand]) => {
      const at = { ...place, at: `${place.at}.${word}` };
      tally.count(at);
      if (!words.includes(word)) throw unknown(place, word, words);
      return condition(tally, values, word as Word, operand, at);
    }),
  );
  // what an expression takes is metered with the whole filter
  if (place.demanded && said.length && !said.some(([word]) => word === 'matches'))
    tally.demands.push({ path: place.path, part: place.part ?? place.path, test });
  return test;
}

function condition(tally: Tally, values: ScalarValues, word: Word, said: unknown, place: Place): Test {
  const { read } = values;
  switch (word) {
    case 'exists': {
      const wanted = boolean(said, place);
      return (value) => !isAbsent(value) === wanted;
    }
    case 'eq':
      return said === null ? isAbsent : isOneOf(values, [said], place);
    case 'ne': {
      const test = said === null ? isAbsent : isOneOf(values, [said], place);
      return (value) => !test(value);
    }
    case 'in':
    case 'notIn': {
      if (!Array.isArray(said)) throw badRequest(`${short(place.at)}: a list is needed`);
      tally.list(said.length);
      const test = isOneOf(values, said, place);
      return word === 'in' ? test : (value) => !test(value);
    }
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte': {
      const wanted = operand(values, said, place);
      const holds = COMPARES[word];
      return (value) => {
        const found = read(value);
        return found !== undefined && holds(compareValues(found, wanted));
      };
    }
    default:
      return textCondition(tally, word, said, place);
  }
}

/** NaN, of values without an order among themselves, is none of these. */
const COMPARES: Readonly<Record<(typeof ORDER)[number], (order: number) => boolean>> = {
  lt: (order) => order < 0,
  lte: (order) => order <= 0,
  gt: (order) => order > 0,
  gte: (order) => order >= 0,
};

function operand(values: ScalarValues, said: unknown, { at }: Place): Comparable {
  const value = values.operand(said);
  if (value === undefined) throw badRequest(`${short(at)}: ${shown(said)} is not ${values.noun}`);
  return value;
}

/** They may be many, and are asked about for every object. */
function isOneOf(values: ScalarValues, said: readonly unknown[], place: Place): Test {
  const { read } = values;
  const wanted = said.map((each) => identityOf(operand(values, each, place)));
  const [only] = wanted;
  if (wanted.length === 1 && typeof only === 'string' && values.text) return (value) => value === only;
  // a number and a bigint of one value are not one member of a set
  const one = new Set(wanted.map(exact));
  return (value) => {
    const found = read(value);
    return found !== undefined && one.has(exact(identityOf(found)));
  };
}

const exact = (value: string | number | bigint | boolean): string | number | bigint | boolean =>
  typeof value === 'bigint' && value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
    ? Number(value)
    : value;

function textCondition(tally: Tally, word: (typeof TEXT)[number], said: unknown, { at }: Place): Test {
  if (typeof said !== 'string') throw badRequest(`${short(at)}: ${shown(said)} is not a string`);
  const of =
    (test: (text: string) => boolean): Test =>
    (value) =>
      typeof value === 'string' && test(value);
  if (word === 'contains') return of((text) => text.includes(said));
  if (word === 'startsWith') return of((text) => text.startsWith(said));
  if (word === 'endsWith') return of((text) => text.endsWith(said));
  try {
    const expression = compileRegexp(said);
    const { meter } = tally;
    meter.used = true;
    return of((text) => meter.search(expression.size * text.length, short(at), () => expression.test(text)));
  } catch (error) {
    if (error instanceof RegexpError) throw badRequest(`${short(at)}: ${error.message}`);
    throw error;
  }
}

function shown(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
