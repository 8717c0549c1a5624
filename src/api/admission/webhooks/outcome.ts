import { internalError } from '../../../meta/status.ts';
import type { AdmissionRequest } from '../plugin.ts';
import { auditFailedOpen, type Call } from './audit.ts';
import { CallFailed } from './call-failed.ts';
import { Denied } from './refusal.ts';

/** Codes above 600 are none, and stand together. */
const codeLabel = (code: number): string => String(Math.min(code, 600));

type Stop = readonly [why: string, code: number];

/** Why a request is stopped, in the words of metrics; undefined where it is not. */
function stopOf({ webhook }: Call, error: unknown): Stop | undefined {
  if (error === undefined) return undefined;
  if (error instanceof CallFailed)
    return webhook.failurePolicy === 'Ignore' ? undefined : ['calling_webhook_error', error.code];
  return error instanceof Denied ? ['no_error', error.code] : ['apiserver_internal_error', 0];
}

/**
 * Tells metrics and the audit log how a call has ended.
 * @returns what the client is told instead of an answer, undefined for nothing: it was allowed, or its failure is no matter
 */
export function outcomeOf(request: AdmissionRequest, call: Call, ms: number, error: unknown): unknown {
  const { webhooks: metrics, operation } = request;
  const { name } = call.webhook;
  const type = call.mutating ? 'admit' : 'validating';
  const stop = stopOf(call, error);
  const code = error === undefined ? 200 : error instanceof CallFailed ? error.code : (stop?.[1] ?? 0);
  const rejected = String(stop !== undefined);
  if (stop) metrics.webhookRejections.of(name, type, operation, stop[0], codeLabel(stop[1])).add();
  metrics.webhookDuration.of(name, type, operation, rejected).observe(ms / 1000);
  metrics.webhookTotal.of(name, type, operation, codeLabel(code), rejected).add();
  if (!(error instanceof CallFailed)) return error;
  if (stop) return internalError(`failed calling webhook ${JSON.stringify(name)}: ${error.message}`);
  metrics.webhookFailOpen.of(name, type).add();
  auditFailedOpen(request, call);
  return undefined;
}
