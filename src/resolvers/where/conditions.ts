import type { Schema } from '../../kinds/schema.ts';
import { isRecord } from '../../meta/record.ts';
import { badRequest } from '../../meta/status.ts';

/** Of the value at one place of an object; undefined and null where it has none. */
export type Test = (value: unknown) => boolean;
export type Conditions = Readonly<Record<string, unknown>>;

/** Where in the filter, and where in the object. */
export interface Place {
  at: string;
  path: readonly string[];
  /** the beginning of the path that leads through objects only, where that is not all of it */
  part?: readonly string[];
  depth: number;
  /** no object matches that does not meet what is said here */
  demanded?: boolean;
}
export const within = (place: Place, word: string, step?: string): Place => ({
  at: `${place.at}.${word}`,
  path: step === undefined ? place.path : [...place.path, step],
  depth: place.depth + 1,
  ...(place.demanded && { demanded: true }),
});

/** Whether what is said of a map's entry stands beside its key; otherwise it is in `value`. */
export const isPlain = ({ type }: Schema): boolean => type !== 'object' && type !== 'list' && type !== 'map';

export const all = (tests: readonly Test[]): Test => {
  const [first, second, ...more] = tests;
  if (!first) return () => true;
  if (!second) return first;
  return more.length ? (value) => tests.every((test) => test(value)) : (value) => first(value) && second(value);
};

export const isAbsent = (value: unknown): boolean => value === null || value === undefined;

/** What was said; a word without a value (an unset variable) says nothing. Throws 400 for what is no object. */
export function entriesOf(given: unknown, { at }: Place): [word: string, said: unknown][] {
  if (!isRecord(given)) throw badRequest(`${short(at)}: an object of conditions is needed`);
  return Object.entries(given).filter(([, said]) => said !== undefined);
}

export function required(said: unknown, { at }: Place): unknown {
  if (said === null) throw badRequest(`${short(at)}: null is no condition`);
  return said;
}

export function boolean(said: unknown, { at }: Place): boolean {
  if (typeof said !== 'boolean') throw badRequest(`${short(at)}: true or false is needed`);
  return said;
}

/** Longest path of a message; the rest is cut, in the middle of nothing else than a filter that is too deep. */
const MAX_SHOWN = 500;
export const short = (at: string): string => (at.length > MAX_SHOWN ? `${at.slice(0, MAX_SHOWN)}…` : at);

/** Names that a message lists at most. */
const MAX_NAMES = 50;

export function unknown({ at }: Place, word: string, known: Iterable<string>): Error {
  const names = [...known];
  const more = names.length > MAX_NAMES ? ', …' : '';
  return badRequest(
    `${short(at)}: there is no ${JSON.stringify(word.slice(0, 100))} here, but ${names.slice(0, MAX_NAMES).join(', ')}${more}`,
  );
}
