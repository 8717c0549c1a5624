import type { Connection } from './connection.ts';
import { timeOf } from './sql/compact.ts';
import { segmentAt, tailAt } from './sql/times.ts';

/** By so much clocks of processes may differ without being told apart. */
export const CLOCK_TOLERANCE_MS = 1_000;

/** The first revision in [low, high] that is not older than a time, or high; where no clock was put back revisions grow with time. */
export async function firstSince(connection: Connection, time: number, low: number, high: number): Promise<number> {
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const values = [middle];
    const [row] = await connection.query<{ revision: number; at: number }>({ name: 'time-of', text: timeOf, values });
    if (!row || row.at >= time) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * The last revision that was written at a time or before it: with all before it in the order of revisions, whatever
 * their clocks said. Undefined: nothing so old is kept.
 * @param newest revision
 */
export async function revisionAt(connection: Connection, time: number, newest: number): Promise<number | undefined> {
  // what has not been looked through for clocks that were put back is little
  const [tail] = await connection.query<{ revision: number | null }>({ text: tailAt, values: [time, newest] });
  if (tail?.revision) return tail.revision;
  const [segment] = await connection.query<{ start: number; end: number }>({ text: segmentAt, values: [time] });
  if (!segment) return undefined;
  return (await firstSince(connection, time + 1, segment.start, segment.end + 1)) - 1;
}
