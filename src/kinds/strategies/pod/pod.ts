import { isDeepStrictEqual } from 'node:util';
import type { Pod, PodSpec, PodStatus } from '../../../../schema/types.ts';
import { forbidden, Path, type FieldError } from '../../../meta/field.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import { structSchema } from '../../builtin-schema.ts';
import type { Strategy } from '../../kind.ts';
import { normalizeObject } from '../../normalize.ts';
import { semanticallyEqual } from '../../validation/values.ts';
import { ipWarnings } from '../../validation/ip.ts';
import { statusSubresource } from '../status-split.ts';
import {
  addAnnotationChanges,
  addPodAnnotations,
  addProfileMismatches,
  appArmorFromAnnotations,
} from './annotations.ts';
import { podCells, podRowConditions } from './cells.ts';
import { defaultPod, syncAddresses } from './defaults.ts';
import { dropDisabledFields, dropDisabledStatus } from './drop-disabled.ts';
import { isPodTerminal } from '../../../rules/pods.ts';
import { qosClass } from '../../../rules/qos-class.ts';
import { mergeLabelKeys } from './spec/label-keys.ts';
import { addImageSpace } from './validate-container.ts';
import { ephemeralContainersOnlyGrow, takeEphemeralContainers, takeResources, validateResize } from './subresources.ts';
import { validatePodSpec } from './validate-spec.ts';
import { keepObservedGeneration, validateStatusUpdate } from './validate-status.ts';
import { validateSpecUpdate } from './validate-update.ts';
import { podWarnings } from './warnings.ts';
import { podRelations } from './relations.ts';

const SPEC = Path.root('spec');
const ANNOTATIONS = Path.root('metadata').child('annotations');

/** core/v1 Pod (pkg/registry/core/pod's rules). */
export const podStrategy: Strategy<Pod> = {
  metadata: { whole: 1 },
  defaults: defaultPod,
  prepareForCreate(object, ctx) {
    const spec = object.spec ?? {};
    object.status = { phase: 'Pending', qosClass: qosClass(spec) };
    dropDisabledFields(spec);
    if (spec.schedulingGates?.length) object.status.conditions = [gated(ctx.now)];
    mergeLabelKeys(spec, object.metadata.labels);
    appArmorFromAnnotations(object.metadata.annotations, spec, ctx.warn);
  },
  prepareForUpdate(object, old) {
    if (old.status) object.status = old.status;
    else delete object.status;
    dropDisabledFields(object.spec);
  },
  validate: validatePod,
  validateCreate({ metadata, spec = {} }) {
    const errors: FieldError[] = [];
    if (spec.ephemeralContainers?.length)
      errors.push(forbidden(SPEC.child('ephemeralContainers'), 'cannot be set on create'));
    if (spec.nodeName && spec.schedulingGates?.length) {
      errors.push(forbidden(SPEC.child('nodeName'), 'cannot be set until all schedulingGates have been cleared'));
    }
    addProfileMismatches(errors, metadata.annotations, spec, SPEC);
    return errors;
  },
  validateUpdate(object, old) {
    const errors = annotationErrors(object, old);
    if (!semanticallyEqual(object.spec, old.spec))
      errors.push(...validateSpecUpdate(canonical(object.spec), old.spec ?? {}));
    return errors;
  },
  subresources: {
    status: {
      resets: ['spec', 'metadata.deletionTimestamp', 'metadata.ownerReferences'],
      // the rest is as it was stored
      defaults: ({ status }) => status && syncAddresses(status),
      prepareForUpdate(object, old) {
        statusSubresource.prepareForUpdate(object, old);
        const status = (object.status ??= {});
        const before = old.status ?? {};
        // old nodes would break what the garbage collector goes by
        if (old.metadata.ownerReferences) object.metadata.ownerReferences = old.metadata.ownerReferences;
        else delete object.metadata.ownerReferences;
        if (!status.qosClass && before.qosClass) status.qosClass = before.qosClass;
        keepObservedGeneration(status, before);
        dropDisabledStatus(status);
      },
      validateUpdate(object, old, ctx) {
        const errors = annotationErrors(object, old);
        errors.push(...validateStatusUpdate(object, old));
        if (errors.length === 0) for (const warning of statusWarnings(object.status ?? {})) ctx.warn(warning);
        return errors;
      },
    },
    ephemeralcontainers: {
      prepareForUpdate: takeEphemeralContainers,
      validateUpdate: (object, old) => wholeOr(object, ephemeralContainersOnlyGrow(object, old)),
    },
    resize: {
      prepareForUpdate: takeResources,
      validateUpdate: (object, old) =>
        wholeOr(object, validateResize({ ...object, spec: canonical(object.spec) }, old)),
    },
  },
  generation: (object, old) => !isDeepStrictEqual(object.spec, old.spec),
  // those of an update would be made for nobody: it is programs that write pods
  warnings: (object, old) => (old ? [] : podWarnings(object)),
  fields: (object) => ({
    'spec.nodeName': object.spec?.nodeName ?? '',
    'spec.restartPolicy': object.spec?.restartPolicy ?? '',
    'spec.schedulerName': object.spec?.schedulerName ?? '',
    'spec.serviceAccountName': object.spec?.serviceAccountName ?? '',
    'spec.hostNetwork': String(object.spec?.hostNetwork ?? false),
    'status.phase': object.status?.phase ?? '',
    'status.podIP': object.status?.podIP ?? '',
    'status.nominatedNodeName': object.status?.nominatedNodeName ?? '',
  }),
  // what runs nowhere needs no time to end
  gracePeriod(pod) {
    const { spec } = pod;
    if (!spec?.nodeName || isPodTerminal(pod)) return 0;
    const seconds = spec.terminationGracePeriodSeconds ?? 30;
    return seconds < 0 ? 1 : seconds;
  },
  cells: podCells,
  rowConditions: podRowConditions,
  returnsDeleted: true,
  // what clients called it before v1
  currentFieldLabel: (label) => (label === 'spec.host' ? 'spec.nodeName' : label),
  relations: podRelations,
};

const gated = (now: string) => ({
  type: 'PodScheduled',
  status: 'False',
  lastProbeTime: null,
  lastTransitionTime: now,
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
});

const specSchema = structSchema('io.k8s.api.core.v1.PodSpec');
/** As it is read back from the store: empty is absent. */
const canonical = (spec: Parts<PodSpec> = {}): Parts<PodSpec> => normalizeObject(specSchema, spec);

/** core/v1 validatePodMetadataAndSpec, without the metadata that all kinds have. */
function validatePod({ metadata, spec }: Unchecked<Pod>): FieldError[] {
  const errors: FieldError[] = [];
  addPodAnnotations(errors, metadata?.annotations, spec, ANNOTATIONS);
  errors.push(...validatePodSpec(spec, SPEC, metadata ?? {}));
  if (!spec) return errors;
  if (!spec.serviceAccountName) addNoToken(errors, spec);
  for (const list of ['containers', 'initContainers'] as const)
    spec[list]?.forEach(({ image }, i) => {
      if (image && image.trim() !== image) addImageSpace(errors, image, SPEC.child(list).index(i));
    });
  return errors;
}

function addNoToken(errors: FieldError[], { volumes }: Parts<PodSpec>): void {
  volumes?.forEach(({ projected }, i) =>
    projected?.sources?.forEach(({ serviceAccountToken }, j) => {
      if (!serviceAccountToken) return;
      const at = SPEC.child('volumes').index(i).child('projected', 'sources').index(j).child('serviceAccountToken');
      errors.push(forbidden(at, 'must not be specified when serviceAccountName is not set'));
    }),
  );
}

function annotationErrors({ metadata, spec }: Unchecked<Pod>, old: Unchecked<Pod>): FieldError[] {
  const errors: FieldError[] = [];
  addAnnotationChanges(errors, metadata.annotations, old.metadata.annotations, ANNOTATIONS);
  addPodAnnotations(errors, metadata.annotations, spec, ANNOTATIONS);
  return errors;
}

/** Subresources validate the whole pod, and some say one thing only. */
function wholeOr(object: Unchecked<Pod>, errors: FieldError[]): FieldError[] {
  const alone = errors.length === 1 && errors[0]!.field === '' && !errors[0]!.body.includes('pod-level');
  return alone ? errors : [...validatePod(object), ...errors];
}

function statusWarnings({ podIPs, hostIPs }: Parts<PodStatus>): string[] {
  const status = Path.root('status');
  return Object.entries({ podIPs, hostIPs }).flatMap(([field, ips]) =>
    (ips ?? []).flatMap(({ ip }, i) => ipWarnings(ip ?? '', status.child(field).index(i).child('ip'))),
  );
}
