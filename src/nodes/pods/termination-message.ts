import { readFileSync } from 'node:fs';
import { parseLogLine } from '../logs/log-line.ts';

/** Limits of the pod API: bytes of a message from the file, and bytes and lines of one from the log. */
const MAX_FILE = 4096;
const MAX_LOG = 2048;
const MAX_LINES = 80;

/** What a container left to say: its termination file, or the end of its log where the policy says so and it failed. */
export function terminationMessage(
  file: string,
  logFile: string,
  policy: string | undefined,
  exitCode: number,
): string | undefined {
  const text = read(file).subarray(0, MAX_FILE).toString();
  if (text || policy !== 'FallbackToLogsOnError' || exitCode === 0) return text || undefined;
  const lines = read(logFile)
    .toString('utf8')
    .split('\n')
    .slice(-MAX_LINES - 1);
  const parsed = lines.map((line) => parseLogLine(Buffer.from(line)));
  const tail = parsed.map((line) => (line ? `${line.text.toString()}${line.partial ? '' : '\n'}` : '')).join('');
  return tail.slice(-MAX_LOG) || undefined;
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}
