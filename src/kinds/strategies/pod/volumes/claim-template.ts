import type { EphemeralVolumeSource } from '../../../../../schema/types.ts';
import { forbidden, required, type FieldError, type Path } from '../../../../meta/field.ts';
import type { Parts } from '../../../../meta/object.ts';
import { validateAnnotations, validateLabels } from '../../../validation/labels.ts';
import { validateClaimSpec } from '../../core/persistent-volume-claim.ts';

/** Only these may be set in the metadata of a template. */
const TEMPLATE_META = new Set(['annotations', 'labels']);

/** A claim that is made with the pod (validateEphemeralVolumeSource). */
export function ephemeral(
  { volumeClaimTemplate: template }: Parts<EphemeralVolumeSource>,
  at: Path,
  errors: FieldError[],
): void {
  const here = at.child('volumeClaimTemplate');
  if (!template) {
    errors.push(required(here));
    return;
  }
  const meta = here.child('metadata');
  errors.push(...validateAnnotations(template.metadata?.annotations, meta.child('annotations')));
  errors.push(...validateLabels(template.metadata?.labels, meta.child('labels')));
  for (const [field, value] of Object.entries(template.metadata ?? {})) {
    if (TEMPLATE_META.has(field) || value == null || value === '' || (Array.isArray(value) && value.length === 0))
      continue;
    errors.push(forbidden(meta.child(field === 'uid' ? 'uID' : field), 'cannot be set'));
  }
  errors.push(...validateClaimSpec(template.spec ?? {}, here.child('spec')));
}
