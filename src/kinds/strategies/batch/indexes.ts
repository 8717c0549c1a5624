/** Indexes of an Indexed Job as text: `1,3-5,7`, in increasing order, below the number of completions. */
export class IndexesError extends Error {
  override name = 'IndexesError';
}

export interface Interval {
  first: number;
  last: number;
}

const integer = /^[+-]?\d+$/;

function parseIndex(text: string, completions: number): number {
  if (!integer.test(text))
    throw new IndexesError(`cannot convert string to integer for index: ${JSON.stringify(text)}`);
  const index = Number(text);
  if (index >= completions) throw new IndexesError(`too large index: ${JSON.stringify(text)}`);
  return index;
}

function parseInterval(text: string, completions: number): Interval {
  const limits = text.split('-');
  if (limits.length > 2) {
    throw new IndexesError(
      `the fragment ${JSON.stringify(text)} violates the requirement that an index interval can have at most two parts separated by '-'`,
    );
  }
  const first = parseIndex(limits[0] as string, completions);
  if (limits.length === 1) return { first, last: first };
  const last = parseIndex(limits[1] as string, completions);
  if (first >= last) throw new IndexesError(`non-increasing order, previous: ${first}, current: ${last}`);
  return { first, last };
}

/** How many indexes a text names. Throws IndexesError. */
export function countIndexes(text: string, completions: number): number {
  if (text === '') return 0;
  let total = 0;
  let previous: number | undefined;
  for (const part of text.split(',')) {
    const { first, last } = parseInterval(part, completions);
    if (previous !== undefined && previous >= first)
      throw new IndexesError(`non-increasing order, previous: ${previous}, current: ${first}`);
    total += last - first + 1;
    previous = last;
  }
  return total;
}

/** The message of `countIndexes`' error; undefined when the text is good. */
export function indexesProblem(text: string, completions: number): string | undefined {
  try {
    countIndexes(text, completions);
    return undefined;
  } catch (error) {
    if (error instanceof IndexesError) return error.message;
    throw error;
  }
}

function intervalsOf(text: string, completions: number): Interval[] {
  return text.split(',').flatMap((part) => {
    try {
      return [parseInterval(part, completions)];
    } catch (error) {
      if (error instanceof IndexesError) return [];
      throw error;
    }
  });
}

/** The first index that two lists of them share; parts that are no intervals do not count. */
export function commonIndex(left: string, right: string, completions: number): number | undefined {
  if (!left || !right) return undefined;
  const [a, b] = [intervalsOf(left, completions), intervalsOf(right, completions)];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const [x, y] = [a[i] as Interval, b[j] as Interval];
    if (x.first <= y.last && y.first <= x.last) return Math.max(x.first, y.first);
    if (x.first <= y.first) i++;
    else j++;
  }
  return undefined;
}
