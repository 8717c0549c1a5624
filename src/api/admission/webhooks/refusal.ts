import { badRequest, StatusError } from '../../../meta/status.ts';
import type { AdmissionRequest } from '../plugin.ts';
import type { AdmissionResponse } from './response.ts';
import type { Webhook } from './configured.ts';

/** What a client is told when a webhook says no. Source: apiserver's webhook/errors. */
export class Denied extends StatusError {
  constructor(webhook: Webhook, { status = {} }: AdmissionResponse) {
    const head = `admission webhook ${JSON.stringify(webhook.name)} denied the request`;
    // whatever it says of that, it has failed
    const { status: _, code = 0, ...rest } = status;
    const { message, reason } = rest;
    const text = message ? `${head}: ${message}` : reason ? `${head}: ${reason}` : `${head} without explanation`;
    super({ ...rest, message: text, code: Math.max(code, 400) });
  }
}

/** A dry run must not be told to a webhook that does something by itself. */
export function checkSideEffects(webhook: Webhook, request: AdmissionRequest): void {
  if (!request.dryRun || webhook.sideEffects === 'None' || webhook.sideEffects === 'NoneOnDryRun') return;
  throw badRequest(`admission webhook ${JSON.stringify(webhook.name)} does not support dry run`);
}
