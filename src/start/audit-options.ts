import { parseDuration } from '../go/duration.ts';
import type { AUDIT_FLAGS } from './kube-flags.ts';
import { StartError } from './start-error.ts';

/** What is recorded of requests, and where it goes. */
export interface AuditOptions {
  /** undefined: the policy that is there by default */
  policyFile: string | undefined;
  /** undefined: no log; `-`: standard output */
  logPath: string | undefined;
  /** bytes */
  maxSize: number;
  /** ms; 0: for ever */
  maxAge: number;
  /** 0: all */
  maxBackups: number;
  compress: boolean;
  /** a kubeconfig; undefined: no webhook */
  webhookConfigFile: string | undefined;
  webhook: { bufferSize: number; maxBatchSize: number; maxBatchWait: number; initialBackoff: number };
}

export const AUDIT_USAGE = `  --audit-policy-file FILE  audit.k8s.io/v1 Policy (default: writes, reads of Secrets, failed sign-ins; no bodies)
  --audit-log-path FILE     default DATA/audit/audit.log; - is standard output, none puts the log off
  --audit-log-maxsize MB    of one file (default 20); --audit-log-maxbackup N old ones (default 5, 0: all)
  --audit-log-maxage DAYS   of old files (default 0: for ever); --audit-log-compress makes .gz of them
  --audit-log-format json
  --audit-webhook-config-file FILE  kubeconfig of a server that takes events in batches, with
      --audit-webhook-batch-buffer-size N (10000), -batch-max-size N (400), -batch-max-wait 30s, -initial-backoff 10s`;

type Values = {
  [Flag in keyof typeof AUDIT_FLAGS]?: (typeof AUDIT_FLAGS)[Flag]['type'] extends 'string' ? string : boolean;
};

const MB = 1024 * 1024;
const DAY_MS = 24 * 3600_000;
/** MB of one file where 0 is given, as lumberjack has it */
const LARGE = 100;

/** @param defaultPath of the log. Throws StartError. */
export function parseAuditOptions(values: Values, defaultPath: string): AuditOptions {
  const count = (flag: keyof Values, unless: number, least: number): number => {
    const given = values[flag];
    if (given === undefined) return unless;
    if (!/^[+-]?\d{1,12}$/.test(String(given)))
      throw new StartError(`--${flag}: ${JSON.stringify(given)} is not a whole number`);
    if (Number(given) < least)
      throw new StartError(
        least ? `--${flag} ${given} must be a positive number` : `--${flag} ${given} can't be a negative number`,
      );
    return Number(given);
  };
  const duration = (flag: keyof Values, unless: number): number => {
    const given = values[flag];
    if (given === undefined) return unless;
    const ms = parseDuration(String(given));
    if (ms === undefined || ms < 0) throw new StartError(`--${flag}: ${JSON.stringify(given)} is not a duration`);
    return ms;
  };
  const format = values['audit-log-format'] ?? 'json';
  if (format !== 'json') throw new StartError(`invalid audit log format ${format}, allowed formats are ["json"]`);
  const path = values['audit-log-path'] ?? defaultPath;
  return {
    policyFile: values['audit-policy-file'],
    logPath: path === 'none' || path === '' ? undefined : path,
    maxSize: (count('audit-log-maxsize', 20, 0) || LARGE) * MB,
    maxAge: count('audit-log-maxage', 0, 0) * DAY_MS,
    maxBackups: count('audit-log-maxbackup', 5, 0),
    compress: values['audit-log-compress'] ?? false,
    webhookConfigFile: values['audit-webhook-config-file'],
    webhook: {
      bufferSize: count('audit-webhook-batch-buffer-size', 10_000, 1),
      maxBatchSize: count('audit-webhook-batch-max-size', 400, 1),
      maxBatchWait: duration('audit-webhook-batch-max-wait', 30_000),
      initialBackoff: duration('audit-webhook-initial-backoff', 10_000),
    },
  };
}
