/** The last revision up to $2 at or before the time $1 (ms), of those that have not been looked through yet. */
export const tailAt = `
SELECT max(r.revision) AS revision FROM revision r
WHERE r.revision > (SELECT measured FROM compaction WHERE id = 1) AND r.revision <= $2::bigint
  AND r.at <= to_timestamp($1::float8 / 1000)`;

/**
 * Of the stretches of the log in which time only grows, the last that begins at or before the time $1 (ms). Newest
 * first, so that it ends where it has found it.
 */
export const segmentAt = `
SELECT s.revision AS start,
  coalesce((SELECT min(n.revision) FROM clock_step n WHERE n.revision > s.revision) - 1, k.measured) AS end
FROM compaction k CROSS JOIN LATERAL (
  (SELECT revision FROM clock_step ORDER BY revision DESC) UNION ALL SELECT 0
) s
WHERE (SELECT r.at FROM revision r WHERE r.revision >= s.revision ORDER BY r.revision LIMIT 1)
  <= to_timestamp($1::float8 / 1000)
ORDER BY s.revision DESC LIMIT 1`;
