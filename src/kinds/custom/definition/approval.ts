import { invalid, Path, required, type FieldError } from '../../../meta/field.ts';
import type { ObjectLike } from '../../../meta/object.ts';
import type { Definition } from './spec.ts';

/** Groups of the Kubernetes community are held by its review (KEP-1111). */
const ANNOTATION = 'api-approved.kubernetes.io';
const SEE = 'see https://github.com/kubernetes/enhancements/pull/1111';
const PROTECTED = `protected groups must have approval annotation ${JSON.stringify(ANNOTATION)}`;

export interface Approval {
  state: 'missing' | 'invalid' | 'approved' | 'bypassed';
  reason: string;
}

export const isProtectedGroup = (group: string): boolean =>
  group === 'k8s.io' || group === 'kubernetes.io' || group.endsWith('.k8s.io') || group.endsWith('.kubernetes.io');

export function approvalOf(object: ObjectLike): Approval {
  const text = object.metadata.annotations?.[ANNOTATION];
  if (!text) return { state: 'missing', reason: `${PROTECTED}, ${SEE}` };
  if (text.startsWith('unapproved')) return { state: 'bypassed', reason: `not approved: ${JSON.stringify(text)}` };
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]+/.test(text)) return { state: 'approved', reason: `approved in ${text}` };
  return { state: 'invalid', reason: `${PROTECTED} with either a URL or a reason starting with "unapproved", ${SEE}` };
}

export function validateApproval(object: Definition, old: Definition | undefined): FieldError[] {
  if (!isProtectedGroup(object.spec?.group ?? '')) return [];
  const { state, reason } = approvalOf(object);
  if (old && approvalOf(old).state === state) return [];
  const at = Path.root('metadata').child('annotations').key(ANNOTATION);
  if (state === 'missing') return [required(at, reason)];
  return state === 'invalid' ? [invalid(at, object.metadata.annotations?.[ANNOTATION], reason)] : [];
}
