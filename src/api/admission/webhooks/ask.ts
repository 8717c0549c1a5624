import type { AdmissionRequest } from '../plugin.ts';
import type { View } from '../view.ts';
import { auditAnswer, type Call } from './audit.ts';
import { callWebhook } from './call.ts';
import { checkSideEffects, Denied } from './refusal.ts';
import type { AdmissionResponse } from './response.ts';

/** What a webhook says that allows a request. Throws Denied, CallFailed, and 400 for a dry run of what it cannot undo. */
export async function ask(call: Call, request: AdmissionRequest, view: View): Promise<AdmissionResponse> {
  const { webhook, mutating, matched } = call;
  checkSideEffects(webhook, request);
  const name = `Call ${mutating ? 'mutating' : 'validating'} webhook`;
  const traced = request.ctx.trace?.begin(name, { webhook: webhook.name, resource: request.target.kind.resource });
  try {
    const response = await callWebhook(request, webhook, mutating, matched, view);
    auditAnswer(request, call, response);
    for (const warning of response.warnings ?? []) request.ctx.warn(warning);
    if (!response.allowed) throw new Denied(webhook, response);
    traced?.();
    return response;
  } catch (error) {
    traced?.(error);
    throw error;
  }
}
