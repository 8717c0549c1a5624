import { isDeepStrictEqual } from 'node:util';
import type { PodTemplate } from '../../../../schema/types.ts';
import { Path } from '../../../meta/field.ts';
import type { Cell, Strategy } from '../../kind.ts';
import type { Unchecked } from '../../../meta/object.ts';
import { podTemplateWarnings } from '../pod/warnings.ts';
import { defaultPodTemplate, validatePodTemplateSpec } from '../pod-template.ts';
import { containerCells, formatLabels } from '../../cells.ts';
import { templateRelations } from '../pod/relations.ts';

export const podTemplateStrategy: Strategy<PodTemplate> = {
  defaults: defaultPodTemplate,
  validate: (object) => validatePodTemplateSpec(object.template ?? {}, Path.root('template')),
  generation: (object, old) => !isDeepStrictEqual(object.template, old.template),
  warnings: (object) => podTemplateWarnings(object.template, Path.root('template')),
  relations: [...templateRelations<PodTemplate>('podTemplates', ({ template }) => template?.spec)],
  cells,
  returnsDeleted: true,
};

function cells({ metadata, template }: Unchecked<PodTemplate>): Cell[] {
  return [metadata.name, ...containerCells(template?.spec), formatLabels(template?.metadata?.labels)];
}
