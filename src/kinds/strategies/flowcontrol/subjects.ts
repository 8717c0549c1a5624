import type { ServiceAccountSubject, Subject } from '../../../../schema/types.ts';
import { forbidden, invalid, notSupported, required, type FieldError, type Path } from '../../../meta/field.ts';
import type { Parts } from '../../../meta/object.ts';
import { dnsLabelName, dnsSubdomainName } from '../../validation/names.ts';

type Part = 'user' | 'group' | 'serviceAccount';
const PARTS: Readonly<Record<string, Part>> = { Group: 'group', ServiceAccount: 'serviceAccount', User: 'user' };
const KINDS = Object.keys(PARTS);

function accountErrors({ namespace = '', name = '' }: Parts<ServiceAccountSubject>, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  if (!name) errors.push(required(at.child('name')));
  else if (name !== '*')
    for (const why of dnsSubdomainName(name, false)) errors.push(invalid(at.child('name'), name, why));
  if (!namespace) errors.push(required(at.child('namespace'), 'must specify namespace for service account'));
  else for (const why of dnsLabelName(namespace, false)) errors.push(invalid(at.child('namespace'), namespace, why));
  return errors;
}

/** A subject has the part that its kind names, and no other. */
export function subjectErrors(subject: Parts<Subject>, at: Path): FieldError[] {
  const { kind = '' } = subject;
  const own = Object.hasOwn(PARTS, kind) ? PARTS[kind] : undefined;
  if (!own) return [notSupported(at.child('kind'), kind, KINDS)];
  const errors: FieldError[] = [];
  const part = subject[own];
  if (!part) errors.push(required(at.child(own), `${own} is required when subject kind is '${kind}'`));
  else if (own === 'serviceAccount') errors.push(...accountErrors(part, at.child(own)));
  else if (!part.name) errors.push(required(at.child(own, 'name')));
  for (const [name, other] of Object.entries(PARTS)) {
    if (other !== own && subject[other])
      errors.push(forbidden(at.child(other), `${other} is forbidden when subject kind is not '${name}'`));
  }
  return errors;
}
