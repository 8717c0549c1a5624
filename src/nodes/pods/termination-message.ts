import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { parseLogLine } from '../../rules/log-line.ts';

/** Limits of the pod API: bytes of a message from the file, and bytes and lines of one from the log. */
const MAX_FILE = 4096;
const MAX_LOG = 2048;
const MAX_LINES = 80;
/** Of the log that are looked at: records of so many lines with a message in them. */
const LOG_BYTES = 64 * 1024;

/** What a container left to say: its termination file, or the end of its log where the policy says so and it failed. */
export function terminationMessage(
  file: string,
  logFile: string,
  policy: string | undefined,
  exitCode: number,
): string | undefined {
  const text = read(file, MAX_FILE).toString();
  if (text || policy !== 'FallbackToLogsOnError' || exitCode === 0) return text || undefined;
  const lines = read(logFile, -LOG_BYTES)
    .toString('utf8')
    .split('\n')
    .slice(-MAX_LINES - 1);
  const parsed = lines.map((line) => parseLogLine(Buffer.from(line)));
  const tail = parsed.map((line) => (line ? `${line.text.toString()}${line.partial ? '' : '\n'}` : '')).join('');
  return tail.slice(-MAX_LOG) || undefined;
}

/** The first bytes of a file, or with a negative size its last: the container decides how large it is. */
function read(path: string, size: number): Buffer {
  let file: number | undefined;
  try {
    // a pipe would be waited for, and a link may lead anywhere
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const bytes = Buffer.alloc(Math.abs(size));
    const start = size < 0 ? Math.max(0, fstatSync(file).size + size) : 0;
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, start));
  } catch {
    return Buffer.alloc(0);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
