import { ageOf, sizeOf } from './history-options.ts';
import { StartError } from './start-error.ts';

const text = { type: 'string' } as const;
/** For parseArgs. */
export const LOGS_FLAGS = {
  'logs-retention': text,
  'logs-retention-size': text,
  'logs-of': text,
  'logs-otlp-endpoint': text,
} as const;

export const LOGS_USAGE = `\
  --logs-retention AGE      how long lines of containers are kept, with the add-on logs: 12h, 30d (default 7d)
  --logs-retention-size SIZE  and how much of them on disk (default 1Gi)
  --logs-of LIST            what is kept beside containers: events,audit (default events; none: nothing else)
  --logs-otlp-endpoint HOST:PORT  where lines are also sent, by OTLP over gRPC; https://HOST:PORT for TLS`;

export interface LogsOptions {
  retention: { ms: number; bytes: number };
  events: boolean;
  audit: boolean;
  /** undefined: lines are sent nowhere */
  otlpEndpoint: string | undefined;
}

/** @throws StartError */
export function logsOptions(values: { [Flag in keyof typeof LOGS_FLAGS]?: string | undefined }): LogsOptions {
  const of = (values['logs-of'] ?? 'events').split(',').filter((name) => name && name !== 'none');
  const unknown = of.find((name) => name !== 'events' && name !== 'audit');
  if (unknown !== undefined) throw new StartError(`--logs-of: ${unknown} is neither events nor audit`);
  const endpoint = values['logs-otlp-endpoint'];
  if (endpoint !== undefined && !/^(https?:\/\/)?[^\s/]+:\d{1,5}$/.test(endpoint))
    throw new StartError(`--logs-otlp-endpoint: ${endpoint} is not HOST:PORT`);
  return {
    retention: {
      ms: ageOf('--logs-retention', values['logs-retention'] ?? '7d'),
      bytes: sizeOf('--logs-retention-size', values['logs-retention-size'] ?? '1Gi'),
    },
    events: of.includes('events'),
    audit: of.includes('audit'),
    otlpEndpoint: endpoint,
  };
}
