import { stringifyExact } from '../../../go/json-numbers.ts';
import type { Json } from '../../../meta/object.ts';
import { annotateForeign } from '../policies/audit.ts';
import type { AdmissionRequest } from '../plugin.ts';
import type { AdmissionResponse } from './response.ts';
import type { Configured } from './configured.ts';
import type { Matched } from '../matching/rules.ts';

/** One call of a webhook: the how manieth time it is asked (0, or 1 where it is asked again), and its place among all. */
export interface Call extends Configured {
  /** as what it is asked about the request */
  matched: Matched;
  mutating: boolean;
  round: number;
  index: number;
}

const place = ({ round, index }: Call): string => `round_${round}_index_${index}`;

/** What the webhook itself wants to be recorded. */
export function auditAnswer(
  { ctx: { audit } }: AdmissionRequest,
  { webhook }: Call,
  { auditAnnotations = {} }: AdmissionResponse,
): void {
  for (const [key, value] of Object.entries(auditAnnotations)) annotateForeign(audit, `${webhook.name}/${key}`, value);
}

/** It could not be asked, and that is no matter. */
export function auditFailedOpen({ ctx: { audit } }: AdmissionRequest, call: Call): void {
  const phase = call.mutating ? 'mutation' : 'validating';
  audit?.annotate(`failed-open.${phase}.webhook.admission.k8s.io/${place(call)}`, call.webhook.name);
}

/** Whether it has changed the object. */
export function auditMutation({ ctx: { audit } }: AdmissionRequest, call: Call, mutated: boolean): void {
  const { configuration, webhook } = call;
  const value = JSON.stringify({ configuration, webhook: webhook.name, mutated });
  audit?.annotate(`mutation.webhook.admission.k8s.io/${place(call)}`, value);
}

/** How, for those who may see bodies. */
export function auditPatch({ ctx: { audit } }: AdmissionRequest, call: Call, patch: Json): void {
  if (audit === undefined || audit.level === 'None' || audit.level === 'Metadata') return;
  const { configuration, webhook } = call;
  const value = stringifyExact({ configuration, webhook: webhook.name, patch, patchType: 'JSONPatch' });
  audit.annotate(`patch.webhook.admission.k8s.io/${place(call)}`, value, 'Request');
}
