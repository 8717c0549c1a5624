-- How far the history of confidential resources (Secrets) is gone, which is kept for a shorter time than the rest.
ALTER TABLE compaction ADD COLUMN confidential bigint NOT NULL DEFAULT 0;
