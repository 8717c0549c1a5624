import { badRequest, internalError, StatusError } from '../../../meta/status.ts';
import type { AdmissionRequest } from '../plugin.ts';
import type { AdmissionResponse } from './response.ts';
import type { Webhook } from './configured.ts';

/** What a client is told when a webhook says no. */
export function denied(webhook: Webhook, { status = {} }: AdmissionResponse): StatusError {
  const head = `admission webhook ${JSON.stringify(webhook.name)} denied the request`;
  const { message, reason, code = 0 } = status;
  const text = message ? `${head}: ${message}` : reason ? `${head}: ${reason}` : `${head} without explanation`;
  return new StatusError({ ...status, message: text, ...(reason && { reason }), code: code >= 400 ? code : 400 });
}

/** What a webhook that cannot be asked means: nothing where its policy is Ignore. */
export function unreachable(webhook: Webhook, error: unknown): StatusError | undefined {
  if (webhook.failurePolicy === 'Ignore') return undefined;
  return internalError(`failed calling webhook ${JSON.stringify(webhook.name)}: ${(error as Error).message}`);
}

/** A dry run must not be told to a webhook that does something by itself. */
export function checkSideEffects(webhook: Webhook, request: AdmissionRequest): void {
  if (!request.dryRun || webhook.sideEffects === 'None' || webhook.sideEffects === 'NoneOnDryRun') return;
  throw badRequest(`admission webhook ${JSON.stringify(webhook.name)} does not support dry run`);
}
