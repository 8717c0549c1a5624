export interface CompactionRow {
  revision: number;
  swept: number;
}

/** Raises the compacted revision to $1; never lowers it. Committed before any row goes. */
export const raiseCompacted = `
UPDATE compaction SET revision = greatest(revision, least($1::bigint, (SELECT revision FROM counter WHERE id = 1)))
RETURNING revision, swept`;

/**
 * Removes what the next $1 revisions made obsolete, keeping $2 versions of each key for its history. A row goes only
 * when a newer one of its key is compacted too, so the state at every revision from the compacted one on, and the
 * state before every later event, stay. A deletion takes its key's whole history with it.
 *
 * Goes by the revisions that replaced something and not by a scan of the log: the cost is that of the writes since.
 * SKIP LOCKED: of many processes one sweeps. No row: another does, or there is nothing left.
 */
export const sweep = `
WITH step AS MATERIALIZED (
  SELECT swept, least(swept + $1::bigint, revision) AS upto FROM compaction
  WHERE id = 1 AND swept < revision FOR UPDATE SKIP LOCKED
), latest AS MATERIALIZED (
  SELECT DISTINCT ON (r.resource, r.namespace, r.name) r.resource, r.namespace, r.name, r.revision, r.type
  FROM step JOIN revision r ON r.revision > step.swept AND r.revision <= step.upto
  ORDER BY r.resource, r.namespace, r.name, r.revision DESC
), gone AS (
  DELETE FROM revision WHERE revision = ANY (ARRAY(
    SELECT old.revision FROM latest l CROSS JOIN LATERAL (
      SELECT r.revision FROM revision r
      WHERE r.resource = l.resource AND r.namespace = l.namespace AND r.name = l.name AND r.revision <= l.revision
      ORDER BY r.revision DESC OFFSET CASE l.type WHEN 'DELETED' THEN 0 ELSE greatest($2::bigint, 1) END
    ) old
  ))
)
UPDATE compaction SET swept = step.upto FROM step RETURNING compaction.revision, compaction.swept`;

/** Raises the revision before which confidential history is gone to $1. No row: it is there already. */
export const raiseConfidential = `
UPDATE compaction SET confidential = least($1::bigint, (SELECT revision FROM counter WHERE id = 1))
WHERE id = 1 AND confidential < $1::bigint
RETURNING confidential`;

/**
 * Removes what newer rows up to revision $2 replaced, and deletions, of the resources $1. As with the sweep, the state
 * at every revision from there on stays. Walks the index over keys: these resources are few beside the others.
 */
export const expunge = `
DELETE FROM revision r USING (
  SELECT DISTINCT ON (resource, namespace, name) resource, namespace, name, revision, type FROM revision
  WHERE resource = ANY ($1::text[]) AND revision <= $2::bigint
  ORDER BY resource, namespace, name, revision DESC
) l
WHERE r.resource = l.resource AND r.namespace = l.namespace AND r.name = l.name
  AND (r.revision < l.revision OR r.revision = l.revision AND l.type = 'DELETED')`;

/** For the search by time: when the first retained revision from $1 on was written. */
export const timeOf = `
SELECT revision, (extract(epoch FROM at) * 1000)::bigint AS at
FROM revision WHERE revision >= $1::bigint ORDER BY revision LIMIT 1`;
