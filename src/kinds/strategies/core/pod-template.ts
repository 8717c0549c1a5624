import { isDeepStrictEqual } from 'node:util';
import type { PodTemplateSpec } from '../../../../schema/types.ts';
import { forbidden, Path, type FieldError } from '../../../meta/field.ts';
import type { Strategy } from '../../kind.ts';
import { validateAnnotations, validateLabels } from '../../validation/labels.ts';
import { defaultTemplate } from '../pod/defaults.ts';
import { validatePodSpec } from '../pod/validate-spec.ts';

/** What every template of pods must satisfy, whoever makes pods of it. */
export function validatePodTemplateSpec(template: PodTemplateSpec, at: Path): FieldError[] {
  const errors = [
    ...validateLabels(template.metadata?.labels, at.child('metadata', 'labels')),
    ...validateAnnotations(template.metadata?.annotations, at.child('metadata', 'annotations')),
    ...validatePodSpec(template.spec, at.child('spec')),
  ];
  if (template.spec?.ephemeralContainers?.length) errors.push(forbidden(at.child('spec', 'ephemeralContainers'), 'ephemeral containers not allowed in pod template'));
  return errors;
}

export const podTemplateStrategy: Strategy = {
  defaults: (object) => defaultTemplate(object.template),
  validate: (object) => validatePodTemplateSpec((object.template ?? {}) as PodTemplateSpec, Path.root('template')),
  generation: (object, old) => !isDeepStrictEqual(object.template, old.template),
};
