import { badRequest } from '../../meta/status.ts';
import { canonicalText } from './canonical-text.ts';
import { all, entriesOf, isAbsent, short, type Place, type Test } from './conditions.ts';
import { valueAt } from './demand.ts';
import type { Tally } from './tally.ts';
import { scalarTest } from './scalar-condition.ts';

/** Parts of one path. */
const MAX_PARTS = 64;

/**
 * What is said of a value of any JSON type, or of what is in it: `at` leads there by names and indexes. Equality is that
 * of JSON values; all other words ask for what they compare with: numbers with numbers, strings with strings.
 */
export function anyTest(tally: Tally, given: unknown, place: Place): Test {
  const { at: steps, ...said } = Object.fromEntries(entriesOf(given, place));
  const path = pathOf(steps, place);
  const inner = { ...place, path: [...place.path, ...path], part: place.path };
  // names and indexes are not told apart
  tally.reads(place.path);
  const tests = Object.entries(said).map(([word, wanted]): Test => {
    const at = { ...inner, at: `${inner.at}.${word}` };
    if (word !== 'eq' && word !== 'ne' && word !== 'in' && word !== 'notIn')
      return scalarTest(tally, typeof wanted === 'number' ? 'double' : 'string', { [word]: wanted }, inner);
    tally.count(at);
    if ((word === 'in' || word === 'notIn') && !Array.isArray(wanted))
      throw badRequest(`${short(at.at)}: a list is needed`);
    if (Array.isArray(wanted)) tally.list(wanted.length);
    const test = isOneOf(word === 'eq' || word === 'ne' ? [wanted] : (wanted as unknown[]));
    return word === 'eq' || word === 'in' ? test : (value) => !test(value);
  });
  const test = all(tests);
  return path.length ? (value) => test(valueAt(value, path)) : test;
}

function pathOf(steps: unknown, { at }: Place): readonly string[] {
  if (steps === undefined) return [];
  const path = Array.isArray(steps) ? (steps as unknown[]) : [steps];
  if (!path.every((step) => typeof step === 'string')) throw badRequest(`${short(at)}.at: a list of names is needed`);
  if (path.length > MAX_PARTS) throw badRequest(`${short(at)}.at: more than ${MAX_PARTS} names`);
  return path;
}

function isOneOf(values: readonly unknown[]): Test {
  const plain = new Set(values);
  const texts = new Set(values.filter((value) => typeof value === 'object' && value !== null).map(canonicalText));
  const none = values.includes(null);
  return (found) =>
    isAbsent(found)
      ? none
      : plain.has(found) || (texts.size > 0 && typeof found === 'object' && texts.has(canonicalText(found)));
}
