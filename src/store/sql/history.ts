import { filedRevisions, filedUser } from './filed.ts';

/**
 * Which revisions a question about history is about, newest first. Each form walks an index from its end, so that a
 * page costs what is in it and not what the log has; what is not filed yet is little, and looked through. $1 above, $2
 * below (exclusive), $3 at most.
 */
const RANGE = 'r.revision > $1::bigint AND r.revision < $2::bigint';
const NEWEST = 'ORDER BY r.revision DESC LIMIT $3::int';

/** Of everything: the primary key. */
export const newest = `SELECT r.revision FROM revision r WHERE ${RANGE} ${NEWEST}`;

/** The page of filed rows `f` after a revision. */
const filedPage = (condition: string, above = '$1::bigint'): string =>
  `${filedRevisions(condition, above, '($2::bigint - 1)', 'DESC')} LIMIT $3::int`;

/** What is not filed yet, for which `condition` holds. */
const unfiled = (condition: string): string => `
    SELECT r.revision, r.resource, r.namespace FROM revision r
    WHERE r.revision > (SELECT measured FROM compaction WHERE id = 1) AND ${condition} AND ${RANGE}`;

/** Of user $4, of everything: of each resource that is filed the newest. */
export const byUser = `
SELECT revision FROM (
  SELECT x.revision FROM history h CROSS JOIN LATERAL (
    ${filedPage(`f.resource = h.resource AND f."user" = ${filedUser('$4::text')}`)}
  ) x
  UNION ALL
  (SELECT r.revision FROM (${unfiled('r."user" = $4')}) r ${NEWEST})
) r ${NEWEST}`;

/** Of the request $4: one that is named by a revision has that one too. */
export const ofChangeSet = `
SELECT revision FROM (
  SELECT revision FROM revision WHERE change_set = $4
  UNION
  SELECT revision FROM revision WHERE change_set IS NULL AND revision = $5::bigint
) r WHERE ${RANGE} ${NEWEST}`;

const FILED_USER = `($10::text IS NULL OR f."user" = ${filedUser('$10::text')})`;
const USER = '($10::text IS NULL OR r."user" = $10)';

/**
 * Of resources $4 anywhere, resources $5 in namespaces $6, and the objects of resource $7, namespace $8 and name $9;
 * $10 the user, or null for any; those in namespaces after revisions $11, the objects after $12. The newest of each place,
 * of which the newest of all.
 */
export const ofPlaces = `
SELECT revision FROM (
  SELECT x.revision FROM unnest($4::text[]) p (resource) CROSS JOIN LATERAL (
    ${filedPage(`f.resource = p.resource AND ${FILED_USER}`)}
  ) x
  UNION ALL
  SELECT x.revision FROM unnest($5::text[], $6::text[], $11::bigint[]) p (resource, namespace, above) CROSS JOIN LATERAL (
    ${filedPage(
      `f.resource = p.resource AND f.namespace = p.namespace AND ${FILED_USER}`,
      'greatest($1::bigint, p.above)',
    )}
  ) x
  UNION ALL
  (SELECT r.revision FROM (${unfiled(`r.resource = ANY ($4::text[]) AND cardinality($4::text[]) > 0 AND ${USER}`)}) r ${NEWEST})
  UNION ALL
  -- OFFSET 0: joined with what was read, and not read place by place
  (SELECT r.revision FROM (${unfiled(`cardinality($5::text[]) > 0 AND ${USER}`)} OFFSET 0) r
  JOIN unnest($5::text[], $6::text[], $11::bigint[]) p (resource, namespace, above)
    ON r.resource = p.resource AND r.namespace = p.namespace AND r.revision > p.above
  ${NEWEST})
  UNION ALL
  SELECT x.revision FROM unnest($7::text[], $8::text[], $9::text[], $12::bigint[]) p (resource, namespace, name, above)
  CROSS JOIN LATERAL (
    SELECT r.revision FROM revision r
    WHERE r.resource = p.resource AND r.namespace = p.namespace AND r.name = p.name AND r.revision > p.above
      AND ${USER} AND ${RANGE} ${NEWEST}
  ) x
) r ${NEWEST}`;
