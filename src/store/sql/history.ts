/**
 * Which revisions a question about history is about, newest first. Each form is answered by one index, from its end, so
 * that a page costs what is in it and not what the log has. $1 above, $2 below (exclusive), $3 at most.
 */
const RANGE = 'r.revision > $1::bigint AND r.revision < $2::bigint';
const NEWEST = 'ORDER BY r.revision DESC LIMIT $3::int';

/** Of everything: the primary key. */
export const newest = `SELECT r.revision FROM revision r WHERE ${RANGE} ${NEWEST}`;

/** Of user $4, of everything. */
export const byUser = `SELECT r.revision FROM revision r WHERE ${RANGE} AND r."user" = $4 ${NEWEST}`;

/** Of the request $4: one that is named by a revision has that one too. */
export const ofChangeSet = `
SELECT revision FROM (
  SELECT revision FROM revision WHERE change_set = $4
  UNION
  SELECT revision FROM revision WHERE change_set IS NULL AND revision = $5::bigint
) r WHERE ${RANGE} ${NEWEST}`;

/**
 * Of resources $4 anywhere, resources $5 in namespaces $6, and the objects of resource $7, namespace $8 and name $9;
 * $10 the user, or null for any; those in namespaces after revisions $11, the objects after $12. The newest of each place,
 * of which the newest of all.
 */
export const ofPlaces = `
SELECT revision FROM (
  SELECT x.revision FROM unnest($4::text[]) p (resource) CROSS JOIN LATERAL (
    SELECT r.revision FROM revision r
    WHERE r.resource = p.resource AND ($10::text IS NULL OR r."user" = $10) AND ${RANGE} ${NEWEST}
  ) x
  UNION ALL
  SELECT x.revision FROM unnest($5::text[], $6::text[], $11::bigint[]) p (resource, namespace, above) CROSS JOIN LATERAL (
    SELECT r.revision FROM revision r
    WHERE r.resource = p.resource AND r.namespace = p.namespace AND r.revision > p.above
      AND ($10::text IS NULL OR r."user" = $10) AND ${RANGE} ${NEWEST}
  ) x
  UNION ALL
  SELECT x.revision FROM unnest($7::text[], $8::text[], $9::text[], $12::bigint[]) p (resource, namespace, name, above)
  CROSS JOIN LATERAL (
    SELECT r.revision FROM revision r
    WHERE r.resource = p.resource AND r.namespace = p.namespace AND r.name = p.name AND r.revision > p.above
      AND ($10::text IS NULL OR r."user" = $10) AND ${RANGE} ${NEWEST}
  ) x
) r ${NEWEST}`;
