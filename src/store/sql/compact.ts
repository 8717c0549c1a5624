import { unfile } from './filed.ts';

export interface CompactionRow {
  revision: number;
}

/** Raises the revision that watches reach back to to $1; never lowers it. */
export const raiseCompacted = `
UPDATE compaction SET revision = greatest(revision, least($1::bigint, (SELECT revision FROM counter WHERE id = 1)))
RETURNING revision`;

/** The same for all history: nothing of before $1 is kept of any resource. */
export const raiseFloor = `
UPDATE compaction SET floor = greatest(floor, least($1::bigint, (SELECT revision FROM counter WHERE id = 1)))
RETURNING floor AS revision`;

/**
 * Raises the revision before which confidential history is gone to $1, as far as the log has been looked through. No
 * row: it is there already.
 */
export const raiseConfidential = `
UPDATE compaction SET confidential = least($1::bigint, measured)
WHERE id = 1 AND confidential < least($1::bigint, measured)
RETURNING confidential`;

/**
 * Removes what newer rows up to revision $2 replaced, and deletions, of the resources $1. The state at every revision
 * from there on stays. Walks the index over keys: these resources are few beside the others.
 */
export const expunge = `
WITH held AS MATERIALIZED (
  SELECT FROM history WHERE resource = ANY ($1::text[]) ORDER BY resource FOR UPDATE
), latest AS MATERIALIZED (
  SELECT DISTINCT ON (resource, namespace, name) resource, namespace, name, revision, type FROM revision
  WHERE resource = ANY ($1::text[]) AND revision <= $2::bigint AND (SELECT count(*) FROM held) > 0
  ORDER BY resource, namespace, name, revision DESC
), gone AS (
  DELETE FROM revision r USING latest l
  WHERE r.resource = l.resource AND r.namespace = l.namespace AND r.name = l.name
    AND (r.revision < l.revision OR r.revision = l.revision AND l.type = 'DELETED')
  RETURNING r.resource, r.namespace, r."user", r.revision
), ${unfile('f.resource = ANY ($1::text[])')}
SELECT`;

/** For the search by time: when the first retained revision from $1 on was written. */
export const timeOf = `
SELECT revision, (extract(epoch FROM at) * 1000)::bigint AS at
FROM revision WHERE revision >= $1::bigint ORDER BY revision LIMIT 1`;
