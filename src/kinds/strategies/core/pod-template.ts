import { isDeepStrictEqual } from 'node:util';
import type { PodTemplateSpec } from '../../../../schema/types.ts';
import { Path } from '../../../meta/field.ts';
import type { Parts } from '../../../meta/object.ts';
import type { Strategy } from '../../kind.ts';
import { podTemplateWarnings } from '../pod/warnings.ts';
import { defaultPodTemplate, validatePodTemplateSpec } from '../pod-template.ts';

export const podTemplateStrategy: Strategy = {
  defaults: (object) => defaultPodTemplate(object as { template?: Parts<PodTemplateSpec> }),
  validate: (object) =>
    validatePodTemplateSpec((object.template ?? {}) as Parts<PodTemplateSpec>, Path.root('template')),
  generation: (object, old) => !isDeepStrictEqual(object.template, old.template),
  warnings: (object) => podTemplateWarnings(object.template, Path.root('template')),
};
