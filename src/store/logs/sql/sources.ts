const COLUMNS = 'id, kind, node, namespace, pod, uid, container, attempt, position';

/** Makes them known: $1 to $7 are the parts of each. Those that were known give no row. */
export const addSources = `
INSERT INTO log.source (kind, node, namespace, pod, uid, container, attempt)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])
ON CONFLICT DO NOTHING`;

/** The same, as they are known, in their order. */
export const findSources = `
SELECT s.id, s.kind, s.node, s.namespace, s.pod, s.uid, s.container, s.attempt, s.position
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])
  WITH ORDINALITY AS a (kind, node, namespace, pod, uid, container, attempt, place)
JOIN log.source s ON (s.kind, s.namespace, s.pod, s.uid, s.container, s.attempt, s.node)
  = (a.kind, a.namespace, a.pod, a.uid, a.container, a.attempt, a.node)
ORDER BY a.place`;

/** Which are of these kinds, namespaces, pods, containers and nodes; NULL is any. */
export const selectSources = `
SELECT ${COLUMNS} FROM log.source
WHERE ($1::text[] IS NULL OR kind = ANY ($1)) AND ($2::text[] IS NULL OR namespace = ANY ($2))
  AND ($3::text[] IS NULL OR pod = ANY ($3)) AND ($4::text[] IS NULL OR container = ANY ($4))
  AND ($5::text[] IS NULL OR node = ANY ($5))
ORDER BY id`;

export const sourcesById = `SELECT ${COLUMNS} FROM log.source WHERE id = ANY ($1::bigint[])`;

export const namespacesOfSources = 'SELECT DISTINCT kind, namespace FROM log.source';

/** Of which nothing is kept any more. */
export const emptySources = `
SELECT id, uid FROM log.source
WHERE kind = 'container' AND last_chunk < (SELECT coalesce(min(id), 0) FROM log.chunk) ORDER BY id LIMIT 1000`;
