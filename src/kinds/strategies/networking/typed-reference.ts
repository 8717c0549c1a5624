import { required, type FieldError, type Path } from '../../../meta/field.ts';
import { isDns1123Subdomain, isPathSegmentName } from '../../../meta/names.ts';
import { validateRule } from '../../validation/values.ts';

/** An object that a backend or a class refers to: group, kind and name as they stand in paths. */
export function validateTypedReference(
  reference: { apiGroup?: string | null; kind?: string; name?: string },
  at: Path,
): FieldError[] {
  const errors =
    reference.apiGroup == null ? [] : validateRule(reference.apiGroup, isDns1123Subdomain, at.child('apiGroup'));
  for (const field of ['kind', 'name'] as const) {
    const value = reference[field];
    errors.push(...(value ? validateRule(value, isPathSegmentName, at.child(field)) : [required(at.child(field))]));
  }
  return errors;
}
