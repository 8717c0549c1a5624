/** What the statement answers. */
export interface WrittenRow {
  /** of its runs and bytes, after the write; NULL where the chunk takes none any more, or is gone */
  runs: number | null;
  bytes: number | null;
  /** false: a source is not where its batch begins */
  current: boolean;
}

/**
 * Batches and the positions behind them, in one statement: $1 ids of sources (each once), $2 the positions that they
 * must be at, $3 those that they come to; of runs, each of one source, $4 source, $5 oldest, $6 newest, $7 lines,
 * $8 filter, $9 body; $10 the bytes of all, $11 the chunk.
 *
 * Who writes for a source at the same time waits for its row, and then sees that it has moved. The chunk's row is taken
 * next, so that runs get their numbers in the order of commits, and who reads on by number misses none.
 */
export const writeBatches = (chunk: number): string => `
WITH asked AS MATERIALIZED (
  SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[]) AS a (id, since, until)
), held AS MATERIALIZED (
  SELECT s.id FROM log.source s JOIN asked a ON s.id = a.id AND s.position = a.since ORDER BY s.id FOR UPDATE OF s
), given AS MATERIALIZED (
  SELECT * FROM unnest($4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bytea[], $9::text[])
    WITH ORDINALITY AS g (source, oldest, newest, lines, words, body, n)
), total AS MATERIALIZED (
  SELECT count(*)::integer AS runs, coalesce(sum(lines), 0)::bigint AS lines, min(oldest) AS oldest, max(newest) AS newest
  FROM given
), checked AS MATERIALIZED (
  SELECT (SELECT count(*) FROM held) = (SELECT count(*) FROM asked) AS current
), taken AS (
  UPDATE log.chunk c SET runs = c.runs + t.runs, lines = c.lines + t.lines, bytes = c.bytes + $10::bigint,
    oldest = least(c.oldest, t.oldest), newest = greatest(c.newest, t.newest)
  FROM total t, checked
  WHERE c.id = $11::bigint AND c.closed IS NULL AND checked.current
  RETURNING c.runs AS after, c.runs - t.runs AS base, c.bytes
), moved AS (
  UPDATE log.source s SET position = a.until, last_chunk = $11::integer FROM asked a, taken WHERE s.id = a.id
), written AS (
  INSERT INTO log.run_${chunk} (n, source, oldest, newest, lines, words, body)
  SELECT taken.base + g.n, g.source, g.oldest, g.newest, g.lines, g.words, g.body FROM given g, taken
)
SELECT taken.after AS runs, taken.bytes, checked.current FROM checked LEFT JOIN taken ON true`;
