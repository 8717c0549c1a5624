import { UNRECORDED, type AuditEvent } from './contract.ts';

/** Says what authorisation has said. */
export function annotateDecision(
  event: AuditEvent | undefined,
  { allowed, reason }: { allowed: boolean; reason: string },
): void {
  if (event === undefined || event === UNRECORDED) return;
  event.annotate('authorization.k8s.io/decision', allowed ? 'allow' : 'forbid');
  event.annotate('authorization.k8s.io/reason', reason);
}
