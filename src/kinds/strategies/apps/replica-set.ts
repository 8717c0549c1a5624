import type { ReplicaSet } from '../../../../schema/types.ts';
import { Path } from '../../../meta/field.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { validateNonNegative } from '../../validation/values.ts';
import { defaultPodTemplate, nameWarnings, templateWarnings, validateSameSelector } from '../pod-template.ts';
import { withStatus } from '../status-split.ts';
import { countersStatus } from './counters.ts';
import { validateReplicaTemplate } from './replica-template.ts';
import type { Unchecked } from '../../../meta/object.ts';
import { containerCells, count, formatSelector, since } from '../../cells.ts';
import { selectedPods } from '../../relation.ts';
import { templateRelations } from '../pod/relations.ts';

const SPEC = Path.root('spec');

/** apps/v1 ReplicaSet */
export const replicaSetStrategy: Strategy<ReplicaSet> = withStatus<ReplicaSet>({
  defaults(object) {
    const spec = (object.spec ??= {});
    spec.replicas ??= 1;
    defaultPodTemplate(spec);
  },
  prepareForCreate(object) {
    object.status = { replicas: 0 };
  },
  validate: ({ spec = {} }, { sent }) => [
    ...validateNonNegative(spec.replicas, SPEC.child('replicas')),
    ...validateNonNegative(spec.minReadySeconds, SPEC.child('minReadySeconds')),
    // the words are the Deployment's
    ...validateReplicaTemplate(spec, 'empty selector is invalid for deployment', sent),
  ],
  validateUpdate: (object, old) =>
    validateSameSelector(object.spec?.selector, old.spec?.selector, SPEC.child('selector')),
  warnings: (object, old) => [...(old ? [] : nameWarnings(object)), ...templateWarnings(object, old)],
  subresources: {
    status: countersStatus({
      counted: [
        'replicas',
        'fullyLabeledReplicas',
        'readyReplicas',
        'availableReplicas',
        'terminatingReplicas',
        'observedGeneration',
      ],
      withinReplicas: ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'],
      withinReady: 'readyReplicas',
    }),
  },
  relations: [
    selectedPods(),
    ...templateRelations<ReplicaSet>('replicaSets', ({ spec }) => spec?.template?.spec),
    { field: 'deployment', to: 'deployments.apps', back: 'replicaSets', form: 'owner' },
  ],
  cells,
});

function cells({ metadata, spec, status }: Unchecked<ReplicaSet>, now: number): Cell[] {
  return [
    metadata.name,
    count(spec?.replicas),
    count(status?.replicas),
    count(status?.readyReplicas),
    since(metadata.creationTimestamp, now),
    ...containerCells(spec?.template?.spec),
    formatSelector(spec?.selector),
  ];
}
