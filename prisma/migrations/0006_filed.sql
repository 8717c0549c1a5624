-- What a question about history goes by: of each place and user the revisions in it, one row for 1,024 revisions of the
-- log in a row (`block` is revision / 1024, `offsets` the rest). Written in the background by what looks through the log,
-- so it ends at `measured`; what is newer, a question looks for in the log itself. In place of indexes of the log, which
-- each write paid for: two WAL records of seven, and a fifth of Postgres' time. The user's name is a hash where it is longer
-- than what an index takes.
CREATE TABLE filed (
  resource text COLLATE "C" NOT NULL,
  namespace text COLLATE "C" NOT NULL,
  block bigint NOT NULL,
  "user" text COLLATE "C" NOT NULL,
  offsets smallint[] NOT NULL,
  PRIMARY KEY (resource, namespace, block, "user")
) WITH (fillfactor = 70);
CREATE INDEX filed_resource ON filed (resource, block);
CREATE INDEX filed_user ON filed ("user", resource, block);
CREATE INDEX filed_empty ON filed (resource) WHERE offsets = '{}';

INSERT INTO filed (resource, namespace, block, "user", offsets)
SELECT resource, namespace, revision / 1024, CASE WHEN octet_length("user") > 512 THEN md5("user") ELSE "user" END,
  array_agg((revision % 1024)::smallint)
FROM revision WHERE revision <= (SELECT measured FROM compaction WHERE id = 1)
GROUP BY 1, 2, 3, 4;

DROP INDEX revision_resource;
DROP INDEX revision_place;
DROP INDEX revision_user;
