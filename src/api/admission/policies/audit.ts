import type { ValidatingAdmissionPolicyBindingSpec as Binding } from '../../../../schema/types.ts';
import { stringifyExact } from '../../../go/json-numbers.ts';
import { isQualifiedName } from '../../../meta/names.ts';
import type { AuditEvent } from '../../audit/contract.ts';
import type { Refusal } from './evaluate.ts';

/** Bytes of one value, as kube-apiserver cuts them. */
const MAX_VALUE = 10 * 1024;

/** Says under a key of somebody else's making; one that is none is left out, as kube-apiserver does. */
export function annotateForeign(audit: AuditEvent | undefined, key: string, value: string): void {
  if (key.split('/').length === 2 && isQualifiedName(key).length === 0) audit?.annotate(key, value);
}

/** What a binding with the action `Audit` has against a request. */
export function auditRefusal(
  audit: AuditEvent | undefined,
  name: string,
  { policyName, validationActions }: Binding,
  { message, index }: Refusal,
): void {
  const failure = { message, policy: policyName, binding: name, expressionIndex: index, validationActions };
  audit?.annotate('validation.policy.admission.k8s.io/validation_failure', stringifyExact([failure]));
}

/** The values of a request's `auditAnnotations`, by policy and key; what several parameters say differently is joined. */
export class AuditAnnotations {
  private readonly values = new Map<string, Set<string>>();

  add(policy: string, key: string, value: string): void {
    const name = `${policy}/${key}`;
    const known = this.values.get(name);
    const text = value.length > MAX_VALUE ? value.slice(0, MAX_VALUE) : value;
    if (known) known.add(text);
    else this.values.set(name, new Set([text]));
  }

  publish(audit: AuditEvent | undefined): void {
    for (const [name, values] of this.values) annotateForeign(audit, name, [...values].join(', '));
  }
}
