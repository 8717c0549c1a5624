export interface CounterRow {
  revision: number;
}
/** What a consistent read waits for. A page in memory and no parameters: as fast as a round trip is. */
export const readCounter = 'SELECT revision FROM counter WHERE id = 1';

export interface HeartbeatRow extends CounterRow {
  compacted: number;
  /** how far confidential history is gone */
  confidential: number;
  /** processes that listen, this one included */
  processes: number;
}

/** The two halves of the advisory lock that every listening process shares: "ku7s", 2. Sessions' ends release it. */
const PRESENCE = [0x6b753773, 2] as const;

/** Once a second: the counter, how far history is gone, and whether there is anybody to notify. */
export const heartbeat = `
SELECT c.revision, k.revision AS compacted, k.confidential, (
  SELECT count(*) FROM pg_locks l
  WHERE l.locktype = 'advisory' AND l.classid = ${PRESENCE[0]} AND l.objid = ${PRESENCE[1]} AND l.granted
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
) AS processes
FROM counter c CROSS JOIN compaction k`;

const CHANNEL = 'ku7s';
export const listenerSession = `LISTEN ${CHANNEL}; SELECT pg_advisory_lock_shared(${PRESENCE.join(', ')})`;

/**
 * A wake-up and no more. Outside the writing transaction, since a NOTIFY makes commits take turns on a lock of the
 * whole server; and without payload, since that is capped at 8000 bytes and the log has it all.
 */
export const notify = `NOTIFY ${CHANNEL}`;
