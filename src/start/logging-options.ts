import { StartError } from './start-error.ts';

const TEXT = { type: 'string' } as const;

/** For parseArgs; `logging-format` and `v` are what Kubernetes' components call them. */
export const LOGGING_FLAGS = {
  'logging-format': TEXT,
  'log-format': TEXT,
  v: { type: 'string', short: 'v' },
} as const;

export const LOGGING_USAGE = `  --logging-format FORMAT   of the lines on standard error: text (default) or json; also --log-format
  -v N, --v N               how much is told: from 3 on each request too (default 0)`;

export interface LoggingSettings {
  format: 'text' | 'json';
  verbosity: number;
}

/** From this verbosity on each request is a line, as kube-apiserver has it. */
export const REQUESTS_FROM = 3;

/** @throws StartError */
export function loggingSettings(values: {
  [Name in keyof typeof LOGGING_FLAGS]?: string | undefined;
}): LoggingSettings {
  const { 'logging-format': first, 'log-format': second, v = '0' } = values;
  if (first !== undefined && second !== undefined && first !== second)
    throw new StartError('--logging-format and --log-format are one option: they cannot differ');
  const format = first ?? second ?? 'text';
  if (format !== 'text' && format !== 'json')
    throw new StartError(`--logging-format: ${format} is neither text nor json`);
  // `-v=3` reaches here with its sign
  const [, level] = /^=?(\d{1,9})$/.exec(v) ?? [];
  if (level === undefined) throw new StartError(`-v: ${v} is not a number`);
  return { format, verbosity: Number(level) };
}
