import type { Word } from './scalar-condition.ts';

/** What the words of a filter say of a value. */
export const WORDS: Readonly<Record<Word, string>> = {
  eq: 'is this; null: there is none',
  ne: 'is not this; also holds where there is none',
  in: 'is one of these',
  notIn: 'is none of these; also holds where there is none',
  exists: 'true: there is one; false: there is none',
  lt: 'is less, or earlier',
  lte: 'is this, or less or earlier',
  gt: 'is more, or later',
  gte: 'is this, or more or later',
  contains: 'has this text in it',
  startsWith: 'begins with this text',
  endsWith: 'ends with this text',
  matches: 'matches this expression of RE2, anywhere in the text',
};
