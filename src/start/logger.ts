import type { LoggingSettings } from './logging-options.ts';
import type { Report } from './loop-settings.ts';

/** What the fields of a line of JSON are called that every line has: those of a message may not stand for them. */
const OWN = new Set(['ts', 'v', 'msg']);

/**
 * Writes each message as one line: the time, the words and the fields; or as one object of JSON, with the names of
 * Kubernetes' components (`ts` in ms).
 * @param now ms since the epoch
 */
export function createLogger(
  { format }: Pick<LoggingSettings, 'format'>,
  write: (text: string) => unknown = (text) => process.stderr.write(text),
  now: () => number = () => Date.now(),
): Report {
  if (format === 'text')
    return (message, fields) =>
      void write(`${new Date(now()).toISOString()} ${message}${fields ? ` ${JSON.stringify(fields)}` : ''}\n`);
  return (message, fields = {}) => {
    const rest = Object.entries(fields).map(([name, value]) => [OWN.has(name) ? `${name}_` : name, value]);
    write(`${JSON.stringify({ ts: now(), v: 0, msg: message, ...Object.fromEntries(rest) })}\n`);
  };
}
