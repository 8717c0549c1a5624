/**
 * The file of the log: of each place and user the revisions, in blocks, up to `compaction.measured`. It is written in
 * the background, a block at a time, because three indexes of the log itself cost every write 6 µs of Postgres' 36 and
 * 2 of its 7 WAL records. BRIN instead costs nothing to write, but rows come to lie in any order once space is used again,
 * and then it excludes nothing; GIN does not answer newest first.
 */
const BLOCK = 1_024;

/** A user as the file has it: an index takes 2,700 bytes at most, and a name may be longer. */
export const filedUser = (user: string): string =>
  `CASE WHEN octet_length(${user}) > 512 THEN md5(${user}) ELSE ${user} END`;

export const blockOf = (revision: string): string => `(${revision}) / ${BLOCK}`;

export const endOfBlock = (revision: string): string => `${blockOf(revision)} * ${BLOCK} + ${BLOCK - 1}`;

export const offsetOf = (revision: string): string => `((${revision}) % ${BLOCK})::smallint`;

/**
 * The revisions of filed rows `f` for which `condition` holds, after `above` and up to `upto`, one block after the other
 * from the index that the condition names, so that a LIMIT behind it ends the walk.
 */
export const filedRevisions = (condition: string, above: string, upto: string, order: '' | 'DESC'): string => `
    SELECT f.block * ${BLOCK} + o.n AS revision FROM filed f CROSS JOIN LATERAL unnest(f.offsets) o (n)
    WHERE ${condition} AND f.block BETWEEN ${blockOf(above)} AND ${blockOf(upto)}
      AND f.block * ${BLOCK} + o.n > ${above} AND f.block * ${BLOCK} + o.n <= ${upto}
    ORDER BY f.block ${order}, o.n ${order}`;

/**
 * CTEs that take the deleted rows of `gone` (resource, namespace, "user", revision) out of the file, and rows of the file
 * that were left without any. Who deletes holds the rows of `history` of the resources, as who files does: so neither
 * waits for the other with rows of the file in its hands. Nothing may be deleted that is not filed.
 * @param resources condition on rows `f`
 */
export const unfile = (resources: string): string => `
taken AS MATERIALIZED (
  SELECT resource, namespace, ${filedUser('"user"')} AS "user", ${blockOf('revision')} AS block,
    array_agg(${offsetOf('revision')}) AS offsets
  FROM gone GROUP BY 1, 2, 3, 4
), thinned AS (
  UPDATE filed f SET offsets = ARRAY(SELECT n FROM unnest(f.offsets) n WHERE n <> ALL (t.offsets)) FROM taken t
  WHERE f.resource = t.resource AND f.namespace = t.namespace AND f.block = t.block AND f."user" = t."user"
    AND f.offsets && t.offsets
), emptied AS (
  -- of earlier statements: one statement changes a row once
  DELETE FROM filed f WHERE ${resources} AND f.offsets = '{}'
)`;
