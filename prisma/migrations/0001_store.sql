-- The store: one counter, what exists now, and the log of all revisions. Text is in byte order (COLLATE "C") on any
-- server, because lists are.

-- One row. Taken by every write, last of all waits, and given back at commit: hence gapless, commit-ordered revisions.
CREATE TABLE counter (
  id smallint PRIMARY KEY CHECK (id = 1),
  revision bigint NOT NULL
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);
INSERT INTO counter VALUES (1, 1);

-- How far history is gone (`revision`), and how far the log has been swept of it (`swept` follows). Apart from the
-- counter, so that compaction never holds up a write.
CREATE TABLE compaction (
  id smallint PRIMARY KEY CHECK (id = 1),
  revision bigint NOT NULL,
  swept bigint NOT NULL
);
INSERT INTO compaction VALUES (1, 0, 0);

-- What exists: where its newest row in the log is. Small rows, changed in place (HOT).
CREATE TABLE object (
  resource text COLLATE "C" NOT NULL,
  namespace text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  revision bigint NOT NULL,
  created bigint NOT NULL,
  PRIMARY KEY (resource, namespace, name)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

-- Every revision, once. `body` is the object's JSON without resourceVersion, NULL for a deletion; `columns` is what
-- selectors and relations need of it: {"uid", "labels", "fields", "owners"}.
CREATE TABLE revision (
  revision bigint PRIMARY KEY,
  resource text COLLATE "C" NOT NULL,
  namespace text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  type text NOT NULL CHECK (type IN ('ADDED', 'MODIFIED', 'DELETED')),
  previous bigint,
  at timestamptz NOT NULL,
  "user" text NOT NULL,
  manager text NOT NULL,
  verb text NOT NULL,
  columns json,
  body text,
  CHECK ((body IS NULL) = (type = 'DELETED'))
) WITH (toast_tuple_target = 8160, autovacuum_vacuum_insert_scale_factor = 0.2);
-- Compressing a body costs more than writing it, and up to a page it stays in its row.
ALTER TABLE revision ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX revision_key ON revision (resource, namespace, name, revision);

-- Values that all processes share: the first writer wins.
CREATE TABLE setting (
  name text PRIMARY KEY,
  value text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);

-- For people who ask with SQL: `SELECT body->'status' FROM current_objects WHERE resource = 'pods'`.
CREATE VIEW current_objects AS
SELECT o.resource, o.namespace, o.name, o.revision, o.created, r.at, r."user", r.manager, r.verb,
  r.columns->>'uid' AS uid,
  (r.columns->'labels')::jsonb AS labels,
  r.body::jsonb AS body
FROM object o JOIN revision r USING (revision);

CREATE VIEW object_history AS
SELECT revision, resource, namespace, name, type, previous, at, "user", manager, verb,
  body::jsonb AS body
FROM revision;
