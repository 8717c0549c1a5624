import type { ResourceResourceClaim } from '../../../../schema/types.ts';
import { invalid, Path } from '../../../meta/field.ts';
import { internalValue } from '../../internal-value.ts';
import type { Cell } from '../../kind.ts';
import { IMMUTABLE, semanticallyEqual } from '../../validation/values.ts';
import { isolatedStatus, withStatus } from '../status-split.ts';
import { adminRequestErrors } from './admin-access.ts';
import { claimSpecErrors, defaultClaim, dropClaimFields } from './claim-spec.ts';
import { claimStatusErrors } from './claim-status.ts';
import type { Unchecked } from '../../../meta/object.ts';
import { since } from '../../cells.ts';
import { readSelectors } from './selectors.ts';

const SPEC = Path.root('spec');

/** resource.k8s.io/v1 ResourceClaim (KEP-4381): what is asked for is fixed. */
export const resourceClaimStrategy = withStatus<ResourceResourceClaim>({
  metadata: { whole: 1 },
  generation: false,
  defaults: ({ spec }) => defaultClaim(spec),
  prepareForCreate: ({ spec }) => dropClaimFields(spec),
  prepareForUpdate: ({ spec }) => dropClaimFields(spec),
  validatesAllOnUpdate: true,
  // what was there is not read again: it is fixed
  validateSteps: ({ spec }, old) => readSelectors(old ? undefined : spec),
  // of creates alone: what is asked for is fixed
  validate: ({ spec }, ctx) => [...adminRequestErrors(spec?.devices?.requests, ctx), ...claimSpecErrors(spec, SPEC)],
  validateUpdate: ({ spec = {} }, old) =>
    semanticallyEqual(spec, old.spec ?? {})
      ? []
      : [invalid(SPEC, internalValue('io.k8s.api.resource.v1.ResourceClaimSpec', spec), IMMUTABLE)],
  subresources: { status: { ...isolatedStatus, validateUpdate: claimStatusErrors } },
  cells,
  returnsDeleted: true,
});

function cells({ metadata, status }: Unchecked<ResourceResourceClaim>, now: number): Cell[] {
  const states: string[] = [];
  if (metadata.deletionTimestamp) states.push('deleted');
  if (status?.allocation) states.push('allocated', ...(status.reservedFor?.length ? ['reserved'] : []));
  else if (!metadata.deletionTimestamp) states.push('pending');
  return [metadata.name, states.join(','), since(metadata.creationTimestamp, now)];
}
