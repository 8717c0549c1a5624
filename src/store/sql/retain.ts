import { blockOf, endOfBlock, filedRevisions, filedUser, offsetOf, unfile } from './filed.ts';

export interface MeasuredRow {
  measured: number;
}

/**
 * Looks through the next revisions of the log, up to the end of a block, once and for all processes: adds up by resource
 * the bytes that they replaced, files them by place and user (7 µs a revision if sorted, 1 if hashed), and notes where a
 * clock was put back by more than $1 ms. In the background, so that no write pays for it. No row: another process is at
 * it, or there is nothing new.
 */
export const measure = `
WITH step AS MATERIALIZED (
  SELECT k.measured, least(${endOfBlock('k.measured + 1')}, c.revision) AS upto
  FROM compaction k CROSS JOIN counter c
  WHERE k.measured < c.revision FOR UPDATE OF k SKIP LOCKED
), seen AS MATERIALIZED (
  SELECT r.revision, r.resource, r.namespace, r."user", r.previous, r.at
  FROM step JOIN revision r ON r.revision > step.measured AND r.revision <= step.upto
), sized AS (
  INSERT INTO history (resource, bytes)
  SELECT s.resource,
    -- looked up one by one: for a join the whole log might be scanned
    coalesce(sum((SELECT octet_length(p.body) FROM revision p WHERE p.revision = s.previous)), 0)
  FROM seen s GROUP BY s.resource ORDER BY s.resource
  ON CONFLICT (resource) DO UPDATE SET bytes = history.bytes + excluded.bytes
  RETURNING 1
), filing AS (
  INSERT INTO filed (resource, namespace, block, "user", offsets)
  SELECT resource, namespace, (SELECT ${blockOf('upto')} FROM step), ${filedUser('"user"')}, array_agg(${offsetOf('revision')})
  -- after the rows of history are held
  FROM seen WHERE (SELECT count(*) FROM sized) > 0
  GROUP BY resource, namespace, "user"
  ON CONFLICT (resource, namespace, block, "user") DO UPDATE SET offsets = filed.offsets || excluded.offsets
), last AS (
  SELECT r.revision, r.at FROM revision r
  WHERE r.revision <= (SELECT measured FROM step) ORDER BY r.revision DESC LIMIT 1
), stepped AS (
  INSERT INTO clock_step
  SELECT revision FROM (
    SELECT revision, at, lag(at) OVER (ORDER BY revision) AS before
    FROM (SELECT revision, at FROM seen UNION ALL SELECT revision, at FROM last) rows
  ) timed
  WHERE at < before - make_interval(secs => $1::float8 / 1000)
  ON CONFLICT DO NOTHING
)
UPDATE compaction SET measured = step.upto FROM step WHERE id = 1 RETURNING compaction.measured`;

export interface RetainedRow {
  resource: string;
  horizon: number;
  swept: number;
  bytes: number;
}
export const readHistory = `SELECT resource, horizon, swept, bytes FROM history ORDER BY resource`;

/** Raises the horizon of resource $1 to $2, in a statement of its own: committed before any row goes. */
export const raiseHorizon = `
UPDATE history h SET horizon = greatest(h.horizon, least($2::bigint, k.measured)) FROM compaction k
WHERE h.resource = $1 RETURNING h.resource, h.horizon, h.swept, h.bytes`;

/** Where resource $1 would be if $2 more of its revisions went; no row: it has not so many that may go, up to $3. */
export const nextHorizon = `
SELECT x.revision FROM history h CROSS JOIN LATERAL (
  ${filedRevisions('f.resource = h.resource', 'h.horizon', '$3::bigint', '')} OFFSET $2::int LIMIT 1
) x WHERE h.resource = $1`;

/**
 * Removes what the next $2 revisions of resource $1 made obsolete, up to its horizon, keeping $3 versions of each key. A
 * row goes only when a newer one of its key is at the horizon or before it, so the state at every revision from there on
 * stays, and with it the state before every later event. A deletion takes its key's whole history with it.
 *
 * Goes by the revisions that replaced something and not by a scan of the log: the cost is that of the writes since.
 * SKIP LOCKED: of many processes one sweeps. No row: another does, or there is nothing left.
 */
export const sweep = `
WITH step AS MATERIALIZED (
  SELECT h.swept, coalesce((
    ${filedRevisions('f.resource = $1', 'h.swept', 'h.horizon', '')} OFFSET $2::int LIMIT 1
  ), h.horizon) AS upto
  FROM history h WHERE h.resource = $1 AND h.swept < h.horizon FOR UPDATE SKIP LOCKED
), latest AS MATERIALIZED (
  SELECT DISTINCT ON (r.namespace, r.name) r.namespace, r.name, r.revision, r.type
  FROM step CROSS JOIN LATERAL (${filedRevisions('f.resource = $1', 'step.swept', 'step.upto', '')}
  ) x CROSS JOIN LATERAL (
    -- looked up one by one: for a join the whole log might be scanned
    SELECT * FROM revision r WHERE r.revision = x.revision OFFSET 0
  ) r
  ORDER BY r.namespace, r.name, r.revision DESC
), gone AS (
  DELETE FROM revision WHERE revision = ANY (ARRAY(
    SELECT old.revision FROM latest l CROSS JOIN LATERAL (
      SELECT r.revision FROM revision r
      WHERE r.resource = $1 AND r.namespace = l.namespace AND r.name = l.name AND r.revision <= l.revision
      ORDER BY r.revision DESC OFFSET CASE l.type WHEN 'DELETED' THEN 0 ELSE greatest($3::bigint, 1) END
    ) old
  )) RETURNING resource, namespace, "user", revision, octet_length(body) AS bytes
), ${unfile('f.resource = $1')}
UPDATE history SET swept = step.upto, bytes = greatest(0, history.bytes - coalesce((SELECT sum(bytes) FROM gone), 0))
FROM step WHERE history.resource = $1
RETURNING history.resource, history.horizon, history.swept, history.bytes`;

/** Of revisions before $1 nothing is asked any more. */
export const forgetSteps = 'DELETE FROM clock_step WHERE revision < $1::bigint';
