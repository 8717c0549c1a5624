-- How a write came in: the client's address, the façade (rest, graphql, loop), who acted for the user, and the request
-- that it was part of. NULL `change_set`: the revision is one by itself. Rows of before this have none of it.
ALTER TABLE revision
  ADD COLUMN client text,
  ADD COLUMN facade text,
  ADD COLUMN impersonator text,
  ADD COLUMN change_set text;
-- What changed, newest first: of a resource, of one in a namespace, by a user, in a request. Each of the first three
-- costs a write 4 µs of Postgres.
CREATE INDEX revision_resource ON revision (resource, revision);
CREATE INDEX revision_place ON revision (resource, namespace, revision);
CREATE INDEX revision_user ON revision ("user", revision);
CREATE INDEX revision_change_set ON revision (change_set) WHERE change_set IS NOT NULL;

-- What history is kept, by resource: its state can be read at every revision from `horizon` on; the log has been swept
-- up to `swept`; `bytes` is what bodies take in the log, as far as it has been measured.
CREATE TABLE history (
  resource text COLLATE "C" PRIMARY KEY,
  horizon bigint NOT NULL DEFAULT 0,
  swept bigint NOT NULL DEFAULT 0,
  bytes bigint NOT NULL DEFAULT 0
);
-- `revision` stays how far watches and continued lists reach back. `floor`: nothing of before it is kept of any resource.
-- `measured`: how far the log has been looked through for `history` and `clock_step`.
ALTER TABLE compaction
  DROP COLUMN swept,
  ADD COLUMN floor bigint NOT NULL DEFAULT 0,
  ADD COLUMN measured bigint NOT NULL DEFAULT 0;
UPDATE compaction SET floor = revision;

-- Revisions that are marked with a time before that of the revision before them: a clock was put back, or another
-- process has another one. Between two of these time only grows.
CREATE TABLE clock_step (
  revision bigint PRIMARY KEY
);

DROP VIEW object_history;
CREATE VIEW object_history AS
SELECT revision, resource, namespace, name, type, previous, at, "user", manager, verb, client, facade, impersonator,
  coalesce(change_set, revision::text) AS change_set,
  body::jsonb AS body
FROM revision;
