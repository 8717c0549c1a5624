import { readFileSync } from 'node:fs';
import { Batches } from '../api/audit/batches.ts';
import type { Sink } from '../api/audit/contract.ts';
import { Counts, noAudit, PolicyAuditor } from '../api/audit/auditor.ts';
import { defaultPolicy } from '../api/audit/default-policy.ts';
import { Evaluator } from '../api/audit/evaluator.ts';
import { readPolicy, type Policy } from '../api/audit/policy.ts';
import { RotatingFile } from '../api/audit/rotating-file.ts';
import { Webhook } from '../api/audit/webhook.ts';
import type { Auditor } from '../api/contract.ts';
import { readKubeconfig } from '../client/kubeconfig.ts';
import { systemClock } from '../rules/clock.ts';
import type { AuditOptions } from './audit-options.ts';
import { StartError } from './start-error.ts';

/** What records the requests of this process. Throws StartError for a policy or a place that is of no use. */
export async function openAuditor(
  options: AuditOptions,
  log: (line: string) => void,
  /** takes lines too, where they are recorded at all */
  keep?: (lines: string) => Promise<void>,
): Promise<Auditor> {
  const counts = new Counts();
  const policy = policyOf(options, log);
  const sinks = [await logOf(options, counts, log), webhookOf(options, counts, log)].filter((s) => s !== undefined);
  if (sinks.length && keep) sinks.push(batched((lines) => keep(lines.toString()), counts, log));
  return sinks.length ? new PolicyAuditor({ policy: new Evaluator(policy), sinks, counts }) : noAudit;
}

function policyOf({ policyFile }: AuditOptions, log: (line: string) => void): Policy {
  if (policyFile === undefined) return defaultPolicy;
  let text: string;
  try {
    text = readFileSync(policyFile, 'utf8');
  } catch (error) {
    throw new StartError(
      `loading audit policy file: failed to read file path ${JSON.stringify(policyFile)}: ${(error as Error).message}`,
    );
  }
  try {
    return readPolicy(text, log);
  } catch (error) {
    const why = (error as Error).message.replace(/(?<!\s)\s*\n\s*/g, ' ');
    throw new StartError(`loading audit policy file: ${why}: from file ${policyFile}`);
  }
}

const batched = (write: (lines: Buffer) => Promise<void>, counts: Counts, report: (line: string) => void): Batches =>
  new Batches({ clock: systemClock, write, lost: (plugin, events) => counts.lost(plugin, events), report });

async function logOf(options: AuditOptions, counts: Counts, log: (line: string) => void): Promise<Sink | undefined> {
  const { logPath, maxSize, maxAge, maxBackups, compress } = options;
  if (logPath === undefined) return undefined;
  if (logPath === '-') return batched(print, counts, log);
  const file = new RotatingFile({
    file: logPath,
    maxSize,
    maxAge,
    maxBackups,
    compress,
    now: () => Date.now(),
    report: log,
  });
  try {
    await file.open();
  } catch (error) {
    throw new StartError(`--audit-log-path: ${(error as Error).message}`);
  }
  const batches = batched((lines) => file.write(lines), counts, log);
  return {
    push: (text) => batches.push(text),
    async close() {
      await batches.close();
      await file.close();
    },
  };
}

const print = (lines: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    process.stdout.write(lines, (error) => (error ? reject(error) : resolve()));
  });

function webhookOf(options: AuditOptions, counts: Counts, log: (line: string) => void): Sink | undefined {
  const { webhookConfigFile: file, webhook } = options;
  if (file === undefined) return undefined;
  try {
    const endpoint = readKubeconfig(file);
    return new Webhook({
      endpoint,
      ...webhook,
      clock: systemClock,
      lost: (plugin, events) => counts.lost(plugin, events),
      report: log,
    });
  } catch (error) {
    throw new StartError(`initializing audit webhook: ${(error as Error).message}`);
  }
}
