/**
 * The CRI log format, one line each: `2026-01-02T03:04:05.000000006Z stdout F text`.
 * `P` marks a piece of a line that goes on in the next record of the same stream.
 */
export interface LogLine {
  time: string;
  stream: 'stdout' | 'stderr';
  partial: boolean;
  text: Buffer;
}

const SPACE = 0x20;

/** @param record without its newline; undefined when it is no CRI record (a torn write) */
export function parseLogLine(record: Buffer): LogLine | undefined {
  const first = record.indexOf(SPACE);
  const second = record.indexOf(SPACE, first + 1);
  const third = record.indexOf(SPACE, second + 1);
  if (first < 0 || second < 0 || third < 0) return undefined;
  const stream = record.toString('latin1', first + 1, second);
  if (stream !== 'stdout' && stream !== 'stderr') return undefined;
  return {
    time: record.toString('latin1', 0, first),
    stream,
    partial: record[second + 1] === 0x50,
    text: record.subarray(third + 1),
  };
}

/** @param time ms since the epoch */
export const logPrefix = (time: number, stream: string, partial: boolean): string =>
  `${new Date(time).toISOString().slice(0, -1)}000000Z ${stream} ${partial ? 'P' : 'F'} `;
