import { wordBits } from '../word-filter.ts';

export interface RunRow {
  n: number;
  source: number;
  oldest: number;
  newest: number;
}

/** Whether a filter has all bits of a word, which stand in the statement: there are few words, and each has its own. */
const hasWord = (word: string): string =>
  wordBits(word)
    .map((bit) => `get_bit(words, ${bit}::bigint % (octet_length(words) * 8)) = 1`)
    .join(' AND ');

/**
 * Runs of a chunk that may have lines of these sources ($1, NULL for all) at $2 and before $3 with all the words, the
 * newest first, before the place ($4, $5), at most $6. Their bodies are read by themselves: few of them are looked at.
 */
export const findRuns = (chunk: number, words: readonly string[]): string => `
SELECT n, source, oldest, newest FROM log.run_${chunk}
WHERE newest >= $2::bigint AND oldest < $3::bigint AND (newest, n) < ($4::bigint, $5::bigint)
  AND ($1::bigint[] IS NULL OR source = ANY ($1))${words.map((word) => `\n  AND ${hasWord(word)}`).join('')}
ORDER BY newest DESC, n DESC LIMIT $6`;

export const readBodies = (chunk: number): string =>
  `SELECT n, body FROM log.run_${chunk} WHERE n = ANY ($1::bigint[])`;

/** The runs after $1 in the order of commits, at most $2. */
export const runsAfter = (chunk: number): string =>
  `SELECT n, source, oldest, newest, body FROM log.run_${chunk} WHERE n > $1::bigint ORDER BY n LIMIT $2`;

export interface ChunkRow {
  id: number;
  runs: number;
  oldest: number | null;
  newest: number | null;
}

/** Chunks that may have lines at $1 and before $2. */
export const chunksBetween = `
SELECT id, runs, oldest, newest FROM log.chunk WHERE newest >= $1::bigint AND oldest < $2::bigint ORDER BY newest DESC, id DESC`;
export const allChunks = 'SELECT id, runs, oldest, newest FROM log.chunk ORDER BY id';
