import { isDeepStrictEqual } from 'node:util';
import type {
  PersistentVolumeClaim,
  StatefulSet,
  StatefulSetSpec,
  StatefulSetUpdateStrategy,
  Volume,
} from '../../../../schema/types.ts';
import { type FieldError, forbidden, invalid, notSupported, Path, required } from '../../../meta/field.ts';
import { isDns1123Label } from '../../../meta/names.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { dnsLabelName } from '../../validation/names.ts';
import { validateAnnotations, validateLabels } from '../../validation/labels.ts';
import { validateNonNegative, validateRule } from '../../validation/values.ts';
import { claimSpecWarnings, validateClaimSpec } from '../core/persistent-volume-claim.ts';
import {
  defaultPodTemplate,
  isUsable,
  shownSelector,
  templateWarnings,
  validateAlwaysRestarts,
  validateMatches,
  validatePodTemplateSpec,
  validateSelector,
} from '../pod-template.ts';
import { internalValue } from '../../internal-value.ts';
import { withStatus } from '../status-split.ts';
import { countersStatus } from './counters.ts';
import { containerCells, count, since } from '../../cells.ts';
import { selectedPods } from '../../relation.ts';
import { templateRelations } from '../pod/relations.ts';

type Errors = FieldError[];
type Spec = Parts<StatefulSetSpec>;
const SPEC = Path.root('spec');
const SELECTOR = SPEC.child('selector');
const TEMPLATE = SPEC.child('template');
const CLAIMS = SPEC.child('volumeClaimTemplates');
const UPDATE_STRATEGY = SPEC.child('updateStrategy');

/** What an update may change. */
const MUTABLE = new Set([
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
]);
const IMMUTABLE =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

/** apps/v1 StatefulSet. Its name is the host name of its pods. */
export const statefulSetStrategy: Strategy<StatefulSet> = withStatus<StatefulSet>({
  name: dnsLabelName,
  defaults(object) {
    const spec = (object.spec ??= {});
    spec.podManagementPolicy ||= 'OrderedReady';
    const strategy = (spec.updateStrategy ??= {});
    // who names the type means it without its parameters
    if (!strategy.type) {
      strategy.type = 'RollingUpdate';
      strategy.rollingUpdate ??= {};
    }
    if (strategy.type === 'RollingUpdate' && strategy.rollingUpdate) strategy.rollingUpdate.partition ??= 0;
    const retention = (spec.persistentVolumeClaimRetentionPolicy ??= {});
    retention.whenDeleted ||= 'Retain';
    retention.whenScaled ||= 'Retain';
    spec.replicas ??= 1;
    spec.revisionHistoryLimit ??= 10;
    defaultPodTemplate(spec);
    for (const claim of spec.volumeClaimTemplates ?? []) defaultClaim(claim);
  },
  prepareForCreate(object) {
    object.status = { replicas: 0, availableReplicas: 0 };
    dropMaxUnavailable(object.spec);
  },
  prepareForUpdate: (object, old) => dropMaxUnavailable(object.spec, old.spec),
  validate: ({ spec = {} }, { sent }) => validateSpec(spec, sent),
  validatesAllOnUpdate: true,
  // what cannot change is not looked at once more, and was perhaps stored when anything was good
  validateUpdate: ({ spec = {} }, old, { sent }) => [
    ...validateSpec(spec, sent, true),
    ...(isDeepStrictEqual(immutablePart(spec), immutablePart(old.spec)) ? [] : [forbidden(SPEC, IMMUTABLE)]),
  ],
  warnings: ({ metadata, spec = {} }, old) => [
    ...templateWarnings({ metadata, spec }, old),
    ...(spec.volumeClaimTemplates ?? []).flatMap((claim, i) => claimSpecWarnings(claim.spec ?? {}, CLAIMS.index(i))),
    ...((spec.revisionHistoryLimit ?? 0) < 0
      ? ['spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended']
      : []),
  ],
  subresources: {
    status: countersStatus({
      counted: [
        'replicas',
        'readyReplicas',
        'currentReplicas',
        'updatedReplicas',
        'availableReplicas',
        'observedGeneration',
        'collisionCount',
      ],
      withinReplicas: ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'],
      withinReady: 'status.readyReplicas',
    }),
  },
  relations: [
    selectedPods(),
    ...templateRelations<StatefulSet>('statefulSets', ({ spec }) => spec?.template?.spec),
    {
      field: 'service',
      description: 'The Service that its pods have their names from.',
      to: 'services',
      back: 'statefulSets',
      form: 'name',
      name: ({ spec }) => spec?.serviceName,
    },
  ],
  cells,
});

function defaultClaim(claim: Parts<PersistentVolumeClaim>): void {
  claim.apiVersion ??= 'v1';
  claim.kind ??= 'PersistentVolumeClaim';
  (claim.spec ??= {}).volumeMode ??= 'Filesystem';
  claim.status ??= {};
  claim.status.phase ||= 'Pending';
}

/** The field belongs to a feature that is off (MaxUnavailableStatefulSet). */
function dropMaxUnavailable(spec: Spec | undefined, old?: Spec): void {
  if (old?.updateStrategy?.rollingUpdate?.maxUnavailable === undefined)
    delete spec?.updateStrategy?.rollingUpdate?.maxUnavailable;
}

const immutablePart = (spec: Spec = {}): object =>
  Object.fromEntries(Object.entries(spec).filter(([field]) => !MUTABLE.has(field)));

function validateSpec(spec: Spec, sent: Unchecked<StatefulSet> | undefined, update = false): Errors {
  const errors: Errors = [
    ...validateManagementPolicy(spec.podManagementPolicy),
    ...validateUpdateStrategy(spec.updateStrategy ?? {}),
  ];
  const retention = SPEC.child('persistentVolumeClaimRetentionPolicy');
  for (const when of ['whenDeleted', 'whenScaled'] as const) {
    const policy = spec.persistentVolumeClaimRetentionPolicy?.[when];
    if (policy !== 'Retain' && policy !== 'Delete')
      errors.push(notSupported(retention.child(when), policy ?? '', ['Retain', 'Delete']));
  }
  errors.push(
    ...(update ? [] : (spec.volumeClaimTemplates ?? [])).flatMap((claim, i) =>
      validateClaimSpec(claim.spec ?? {}, CLAIMS.index(i).child('spec')),
    ),
    ...validateNonNegative(spec.replicas, SPEC.child('replicas')),
    ...validateNonNegative(spec.minReadySeconds, SPEC.child('minReadySeconds')),
    ...validateNonNegative(spec.ordinals?.start, SPEC.child('ordinals.start')),
    ...(spec.serviceName && !update ? validateRule(spec.serviceName, isDns1123Label, SPEC.child('serviceName')) : []),
    ...validateSelector(spec.selector, SELECTOR, 'empty selector is invalid for statefulset'),
  );
  if (!isUsable(spec.selector, SELECTOR)) errors.push(invalid(SELECTOR, shownSelector(spec.selector), ''));
  else errors.push(...validateTemplate(spec, sent));
  return [...errors, ...validateAlwaysRestarts(spec.template, TEMPLATE, 'StatefulSet')];
}

/** Containers mount the claims by the names of their templates. */
function validateTemplate(
  { selector, template, volumeClaimTemplates }: Spec,
  sent: Unchecked<StatefulSet> | undefined,
): Errors {
  const volumes = (volumeClaimTemplates ?? []).map(({ metadata }): Parts<Volume> => {
    const name = metadata?.name ?? '';
    return { name, persistentVolumeClaim: { claimName: name } };
  });
  return [
    ...validateMatches(selector, template, TEMPLATE, sent),
    ...validatePodTemplateSpec(template, TEMPLATE, volumes),
    ...validateLabels(template?.metadata?.labels, TEMPLATE.child('labels')),
    ...validateAnnotations(template?.metadata?.annotations, TEMPLATE.child('annotations')),
  ];
}

function validateManagementPolicy(policy: string | undefined): Errors {
  const at = SPEC.child('podManagementPolicy');
  if (!policy) return [required(at)];
  return policy === 'OrderedReady' || policy === 'Parallel'
    ? []
    : [invalid(at, policy, "must be 'OrderedReady' or 'Parallel'")];
}

function validateUpdateStrategy(strategy: Parts<StatefulSetUpdateStrategy>): Errors {
  const at = UPDATE_STRATEGY.child('rollingUpdate');
  const { type, rollingUpdate } = strategy;
  if (type === 'OnDelete') {
    if (!rollingUpdate) return [];
    const value = internalValue('io.k8s.api.apps.v1.RollingUpdateStatefulSetStrategy', {
      ...rollingUpdate,
      partition: rollingUpdate.partition ?? 0,
    });
    return [invalid(at, value, "only allowed for updateStrategy 'RollingUpdate'")];
  }
  if (type === 'RollingUpdate') return validateNonNegative(rollingUpdate?.partition, at.child('partition'));
  return [
    invalid(
      UPDATE_STRATEGY,
      internalValue('io.k8s.api.apps.v1.StatefulSetUpdateStrategy', strategy),
      "must be 'RollingUpdate' or 'OnDelete'",
    ),
  ];
}

function cells({ metadata, spec, status }: Unchecked<StatefulSet>, now: number): Cell[] {
  return [
    metadata.name,
    `${count(status?.readyReplicas)}/${count(spec?.replicas)}`,
    since(metadata.creationTimestamp, now),
    ...containerCells(spec?.template?.spec),
  ];
}
