/**
 * The one statement that writes: up to 64 writes of different keys, in one transaction of its own.
 *
 * $1 type, $2 resource, $3 namespace, $4 name, $5 expected revision, $6 columns, $7 body, $8 user, $9 manager,
 * $10 verb, $11 client, $12 façade, $13 impersonator, $14 change set: arrays with one element per write; $15 all or
 * nothing; $16 time in ms.
 *
 * Why this shape:
 * - The counter is updated before any row is written, and its lock is kept until the commit. So revisions are gapless
 *   and in the order of commits over all processes, and writers wait for nothing but this one row: no deadlocks, and
 *   no row locks (a FOR UPDATE of the keys first would cost a WAL record a row).
 * - Expectations are checked against the statement's snapshot, which is older than the lock. When another process has
 *   changed one of the keys in between, fewer rows are written than were counted (`o.revision = n.expect` is looked at
 *   again on the newest row version), the log's revision becomes NULL and the statement fails as a whole (23502); a
 *   create that meets a new row fails by itself (23505). The writer then repeats it with the counter locked first,
 *   where the snapshot cannot be old. Nothing is half written and no number is lost.
 * - Bodies stay in their parameter until the log takes them: every CTE that carries them would copy them.
 * - What is written all at once and names no change set is one, named by its first revision.
 * - A sequence instead of the counter is half a millisecond faster and wrong: its numbers have gaps and commit in any
 *   order, and a reader cannot tell a gap from a row that is still to come.
 *
 * Answers one row: `last` the newest revision given (null: none), `seen` the counter in the snapshot, `failed` the
 * positions (from 1) of the writes that met something else, `found` what those met (revision, or null).
 */
export const commit = `
WITH input AS MATERIALIZED (
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $8::text[], $9::text[], $10::text[],
    $11::text[], $12::text[], $13::text[], $14::text[])
    WITH ORDINALITY AS i (type, resource, namespace, name, expect, by_user, manager, verb,
      client, facade, impersonator, change_set, n)
), checked AS MATERIALIZED (
  SELECT i.*, o.revision AS found,
    CASE i.type WHEN 'ADDED' THEN o.revision IS NULL ELSE o.revision IS NOT DISTINCT FROM i.expect END AS ok
  FROM input i LEFT JOIN object o
    ON o.resource = i.resource AND o.namespace = i.namespace AND o.name = i.name
), accepted AS MATERIALIZED (
  SELECT *, row_number() OVER (ORDER BY n) AS rank FROM checked
  WHERE ok AND NOT ($15::bool AND EXISTS (SELECT FROM checked WHERE NOT ok))
), counted AS (
  UPDATE counter SET revision = revision + (SELECT count(*) FROM accepted)
  WHERE EXISTS (SELECT FROM accepted)
  RETURNING revision
), numbered AS MATERIALIZED (
  SELECT a.*, c.revision - (SELECT count(*) FROM accepted) + a.rank AS revision
  FROM counted c CROSS JOIN accepted a
), created AS (
  INSERT INTO object (resource, namespace, name, revision, created)
  SELECT resource, namespace, name, revision, revision FROM numbered WHERE type = 'ADDED'
  RETURNING revision
), updated AS (
  UPDATE object o SET revision = n.revision FROM numbered n
  WHERE n.type = 'MODIFIED' AND o.resource = n.resource AND o.namespace = n.namespace AND o.name = n.name
    AND o.revision = n.expect
  RETURNING o.revision
), deleted AS (
  DELETE FROM object o USING numbered n
  WHERE n.type = 'DELETED' AND o.resource = n.resource AND o.namespace = n.namespace AND o.name = n.name
    AND o.revision = n.expect
  RETURNING o.revision
), logged AS (
  INSERT INTO revision (revision, resource, namespace, name, type, previous, at, "user", manager, verb, columns, body,
    client, facade, impersonator, change_set)
  SELECT
    CASE WHEN (SELECT count(*) FROM numbered)
      = (SELECT count(*) FROM created) + (SELECT count(*) FROM updated) + (SELECT count(*) FROM deleted)
    THEN revision END,
    resource, namespace, name, type, found, to_timestamp($16::float8 / 1000), by_user, manager, verb,
    (($6::text[])[n])::json, ($7::text[])[n], client, facade, impersonator,
    coalesce(change_set, CASE WHEN $15::bool AND rank > 1 THEN (revision - rank + 1)::text END)
  FROM numbered
)
SELECT (SELECT revision FROM counted) AS last,
  (SELECT revision FROM counter WHERE id = 1) AS seen,
  (SELECT array_agg(n ORDER BY n) FROM checked WHERE NOT ok) AS failed,
  (SELECT array_agg(found ORDER BY n) FROM checked WHERE NOT ok) AS found`;

/** Before a repeated commit, in a transaction: what is read after it is the newest state. */
export const lockCounter = 'SELECT FROM counter WHERE id = 1 FOR UPDATE';

/**
 * Plans are made once, at the first use, when tables may be empty; what is right for 64 keys among a million rows is
 * fixed here: the index, looked up key by key.
 */
export const writerSession = [
  'SET plan_cache_mode = force_generic_plan',
  'SET enable_seqscan = off',
  'SET enable_mergejoin = off',
  'SET enable_hashjoin = off',
  'SET enable_bitmapscan = off',
].join(';');
