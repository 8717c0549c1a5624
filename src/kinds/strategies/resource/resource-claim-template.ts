import type { ResourceClaimTemplate } from '../../../../schema/types.ts';
import { invalid, Path } from '../../../meta/field.ts';
import { internalValue } from '../../internal-value.ts';
import type { Strategy } from '../../kind.ts';
import { validateAnnotations, validateLabels } from '../../validation/labels.ts';
import { IMMUTABLE, semanticallyEqual } from '../../validation/values.ts';
import { adminRequestErrors } from './admin-access.ts';
import { claimSpecErrors, defaultClaim, dropClaimFields } from './claim-spec.ts';
import { nameAndAge } from '../../cells.ts';
import { readSelectors } from './selectors.ts';

const SPEC = Path.root('spec');
const METADATA = SPEC.child('metadata');

/** resource.k8s.io/v1 ResourceClaimTemplate: claims are made after it, so it is fixed. */
export const resourceClaimTemplateStrategy: Strategy<ResourceClaimTemplate> = {
  metadata: { whole: 1 },
  generation: false,
  defaults: ({ spec }) => defaultClaim(spec?.spec),
  prepareForCreate: ({ spec }) => dropClaimFields(spec?.spec),
  prepareForUpdate: ({ spec }) => dropClaimFields(spec?.spec),
  validatesAllOnUpdate: true,
  // what was there is not read again: it is fixed
  validateSteps: ({ spec }, old) => readSelectors(old ? undefined : spec),
  validate: ({ spec = {} }, ctx) => [
    ...adminRequestErrors(spec.spec?.devices?.requests, ctx),
    ...validateAnnotations(spec.metadata?.annotations, METADATA.child('annotations')),
    ...validateLabels(spec.metadata?.labels, METADATA.child('labels')),
    ...claimSpecErrors(spec.spec, SPEC.child('spec')),
  ],
  validateUpdate: ({ spec = {} }, old) =>
    semanticallyEqual(spec, old.spec ?? {})
      ? []
      : [invalid(SPEC, internalValue('io.k8s.api.resource.v1.ResourceClaimTemplateSpec', spec), IMMUTABLE)],
  cells: nameAndAge,
  returnsDeleted: true,
};
