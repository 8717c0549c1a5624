-- What containers have written, events and the audit, in a schema of its own: its tables come and go, one for each
-- stretch of time, and no model describes them.
CREATE SCHEMA log;

-- Who wrote: a container of one attempt, the events of a namespace, the audit. `position` is how far it has been read,
-- in the words of who reads it; it moves in the statement that writes the lines, so that none is lost or doubled.
CREATE TABLE log.source (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text COLLATE "C" NOT NULL CHECK (kind IN ('container', 'event', 'audit')),
  node text COLLATE "C" NOT NULL,
  namespace text COLLATE "C" NOT NULL,
  pod text COLLATE "C" NOT NULL,
  uid text COLLATE "C" NOT NULL,
  container text COLLATE "C" NOT NULL,
  attempt integer NOT NULL,
  position text NOT NULL DEFAULT '',
  last_chunk integer NOT NULL DEFAULT 0,
  UNIQUE (kind, namespace, pod, uid, container, attempt, node)
);

-- Lines of one source that came together, one row: `body` has a line each of `µs since oldest`, `o` or `e`, and the text.
-- `words` is a Bloom filter of their words. `n` is the row's place in its chunk, in the order of commits.
CREATE TABLE log.run (
  n integer NOT NULL,
  source integer NOT NULL,
  -- µs since the epoch
  oldest bigint NOT NULL,
  newest bigint NOT NULL,
  lines integer NOT NULL,
  words bytea NOT NULL,
  body text COLLATE "C" NOT NULL
);
-- A filter is noise, which cannot be compressed.
ALTER TABLE log.run ALTER COLUMN words SET STORAGE EXTERNAL;

-- A stretch of time: chunk N is in log.run_N, which inherits log.run. Dropped whole.
CREATE TABLE log.chunk (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  runs integer NOT NULL DEFAULT 0,
  lines bigint NOT NULL DEFAULT 0,
  bytes bigint NOT NULL DEFAULT 0,
  oldest bigint,
  newest bigint,
  opened timestamptz NOT NULL DEFAULT now(),
  closed timestamptz
) WITH (fillfactor = 50);
