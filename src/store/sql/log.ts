/** Reads of the log. Each says in the same snapshot how far it is compacted, because rows go after that is raised. */
const COLUMNS = 'r.revision, r.resource, r.namespace, r.name, r.type, r.columns, r.body';

export interface LogRow {
  compacted: number;
  confidential: number;
  /** null, as all that follow, when there is no row */
  revision: number | null;
  resource: string;
  namespace: string;
  name: string;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  columns: string | null;
  body: string | null;
}

/** What followers apply: everything in ($1, $2], at most $3 rows. The primary key's order is the commits' order. */
export const tail = `
SELECT c.revision AS compacted, c.confidential, ${COLUMNS}
FROM compaction c LEFT JOIN LATERAL (
  SELECT * FROM revision WHERE revision > $1::bigint AND revision <= $2::bigint ORDER BY revision LIMIT $3::int
) r ON true
ORDER BY r.revision`;

export interface PastRow extends LogRow {
  /** how far the history of the resource reaches back */
  horizon: number;
}

export interface ReplayRow extends LogRow {
  previous: number | null;
  previous_columns: string | null;
  previous_body: string | null;
}

/**
 * What a watch missed: events in ($1, $2] of resource $3, namespace $4 and name $5 (null: any), at most $6, each with
 * the state before it, which a deletion consists of and selectors need.
 */
export const replay = `
SELECT c.revision AS compacted, c.confidential, ${COLUMNS}, r.previous, p.columns AS previous_columns, p.body AS previous_body
FROM compaction c LEFT JOIN LATERAL (
  SELECT * FROM revision
  WHERE revision > $1::bigint AND revision <= $2::bigint AND resource = $3
    AND ($4::text IS NULL OR namespace = $4) AND ($5::text IS NULL OR name = $5)
  ORDER BY revision LIMIT $6::int
) r ON true
LEFT JOIN revision p ON p.revision = r.previous
ORDER BY r.revision`;

/**
 * Resource $1, namespace $2, name $3 (null: any) as they were at revision $4: of each key the newest row up to there,
 * found in the index over keys, and only then its body.
 */
export const listAt = `
SELECT c.revision AS compacted, c.confidential, greatest(c.floor, h.horizon) AS horizon, ${COLUMNS}
FROM compaction c LEFT JOIN history h ON h.resource = $1
LEFT JOIN LATERAL (
  SELECT DISTINCT ON (resource, namespace, name) revision AS at_revision
  FROM revision
  WHERE resource = $1 AND ($2::text IS NULL OR namespace = $2) AND ($3::text IS NULL OR name = $3)
    AND revision <= $4::bigint
  ORDER BY resource, namespace, name, revision DESC
) newest ON true
LEFT JOIN revision r ON r.revision = newest.at_revision AND r.type <> 'DELETED'
ORDER BY r.namespace, r.name`;
