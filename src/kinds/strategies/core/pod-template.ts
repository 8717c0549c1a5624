import { isDeepStrictEqual } from 'node:util';
import type { PodTemplate } from '../../../../schema/types.ts';
import { Path } from '../../../meta/field.ts';
import type { Strategy } from '../../kind.ts';
import { podTemplateWarnings } from '../pod/warnings.ts';
import { defaultPodTemplate, validatePodTemplateSpec } from '../pod-template.ts';

export const podTemplateStrategy: Strategy<PodTemplate> = {
  defaults: defaultPodTemplate,
  validate: (object) => validatePodTemplateSpec(object.template ?? {}, Path.root('template')),
  generation: (object, old) => !isDeepStrictEqual(object.template, old.template),
  warnings: (object) => podTemplateWarnings(object.template, Path.root('template')),
};
