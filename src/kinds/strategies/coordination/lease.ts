import type { Lease } from '../../../../schema/types.ts';
import { forbidden, notSupported, Path, type FieldError } from '../../../meta/field.ts';
import { isQualifiedName } from '../../../meta/names.ts';
import type { Unchecked } from '../../../meta/object.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { validateNonNegative, validatePositive, validateRule } from '../../validation/values.ts';
import { since } from '../../cells.ts';
import { NODE_LEASE_NAMESPACE } from '../../../rules/node-lease.ts';

const SPEC = Path.root('spec');
const STRATEGIES = ['OldestEmulationVersion'];
/** Fields of a feature that is off (CoordinatedLeaderElection). */
const COORDINATED = ['strategy', 'preferredHolder'] as const;

function dropCoordinated(object: Unchecked<Lease>, old?: Unchecked<Lease>): void {
  for (const field of COORDINATED) if (object.spec && old?.spec?.[field] === undefined) delete object.spec[field];
}

/** A name of Kubernetes' own, or one with a domain. The path is doubled, as in the API server. */
function validateStrategy(strategy: string): FieldError[] {
  const at = SPEC.child('strategy', 'strategy');
  if (strategy.includes('/')) return validateRule(strategy, isQualifiedName, at);
  return STRATEGIES.includes(strategy) ? [] : [notSupported(at, strategy, STRATEGIES)];
}

/** coordination.k8s.io/v1 Lease */
export const leaseStrategy: Strategy<Lease> = {
  metadata: { finalizers: 'any' },
  generation: false,
  // renewals have seconds to spare
  patience: 10,
  createOnUpdate: true,
  unconditionalUpdate: false,
  prepareForCreate: (object) => dropCoordinated(object),
  prepareForUpdate: (object, old) => dropCoordinated(object, old),
  validate({ spec = {} }) {
    const errors = [
      ...validatePositive(spec.leaseDurationSeconds, SPEC.child('leaseDurationSeconds')),
      ...validateNonNegative(spec.leaseTransitions, SPEC.child('leaseTransitions')),
      ...(spec.strategy == null ? [] : validateStrategy(spec.strategy)),
    ];
    if (spec.preferredHolder && !spec.strategy)
      errors.push(forbidden(SPEC.child('preferredHolder'), 'may only be specified if `strategy` is defined'));
    return errors;
  },
  relations: [
    {
      field: 'node',
      description: 'The node that it says is alive.',
      to: 'nodes',
      form: 'name',
      name: ({ metadata }) => (metadata.namespace === NODE_LEASE_NAMESPACE ? metadata.name : undefined),
    },
  ],
  cells,
};

function cells({ metadata, spec }: Unchecked<Lease>, now: number): Cell[] {
  return [metadata.name, spec?.holderIdentity ?? '', since(metadata.creationTimestamp, now)];
}
