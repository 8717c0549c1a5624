/** The whole state in one snapshot, in pages by key, so that neither side ever holds it twice. */
export const beginLoad = 'BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY';
export const endLoad = 'COMMIT';

export interface LoadStart {
  revision: number;
  compacted: number;
  confidential: number;
}
export const loadStart = `
SELECT c.revision, k.revision AS compacted, k.confidential FROM counter c CROSS JOIN compaction k`;

export interface LoadRow {
  resource: string;
  namespace: string;
  name: string;
  revision: number;
  columns: string;
  body: string;
}

/** After key ($1, $2, $3), at most $4 rows. A row comparison walks the primary key from there; OFFSET would count. */
export const loadPage = `
SELECT o.resource, o.namespace, o.name, o.revision, r.columns, r.body
FROM (
  SELECT * FROM object WHERE (resource, namespace, name) > ($1, $2, $3)
  ORDER BY resource, namespace, name LIMIT $4::int
) o JOIN revision r USING (revision)
ORDER BY o.resource, o.namespace, o.name`;
