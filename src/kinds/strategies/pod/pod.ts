import { isDeepStrictEqual } from 'node:util';
import type { Container, Pod, PodSpec } from '../../../../schema/types.ts';
import { forbidden, invalid, Path, type FieldError } from '../../../meta/field.ts';
import type { KubeObject } from '../../../meta/object.ts';
import type { Strategy } from '../../kind.ts';
import { statusSubresource } from '../status-split.ts';
import { defaultPod } from './defaults.ts';
import { internalDiff } from './internal-form.ts';
import { qosClass } from './qos.ts';
import { validatePodSpec } from './validate-spec.ts';

const SPEC = Path.root('spec');
const ONLY =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

const ENDED: ReadonlySet<unknown> = new Set(['Succeeded', 'Failed']);

/** core/v1 Pod (pkg/registry/core/pod's rules). */
export const podStrategy: Strategy = {
  defaults: defaultPod,
  prepareForCreate(object, ctx) {
    const spec = object.spec as PodSpec;
    const gated = (spec.schedulingGates?.length ?? 0) > 0;
    object.status = {
      phase: 'Pending',
      ...(gated && {
        conditions: [{ type: 'PodScheduled', status: 'False', lastProbeTime: null, lastTransitionTime: ctx.now, reason: 'SchedulingGated', message: 'Scheduling is blocked due to non-empty scheduling gates' }],
      }),
      qosClass: qosClass(spec),
    };
  },
  prepareForUpdate(object, old) {
    object.status = old.status;
  },
  validate: (object) => validatePodSpec((object as Pod).spec, SPEC),
  validateUpdate: (object, old) => validateChange(object, old),
  subresources: {
    status: {
      // a status has none, and the rest is as it was stored
      defaults: () => undefined,
      prepareForUpdate(object, old, ctx) {
        statusSubresource.prepareForUpdate?.(object, old, ctx);
        object.status ??= {};
        // The class is decided by the spec, once.
        object.status.qosClass = old.status?.qosClass ?? qosClass(old.spec as PodSpec);
      },
    },
    ephemeralcontainers: { prepareForUpdate: keepAllBut('ephemeralContainers'), validateUpdate: ephemeralContainersOnlyGrow },
    resize: { prepareForUpdate: takeResources, validateUpdate: onlyResources },
  },
  generation: (object, old) => !isDeepStrictEqual(object.spec, old.spec),
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
  gracePeriod: ({ spec, status }) => (!spec?.nodeName || ENDED.has(status?.phase) ? 0 : (spec.terminationGracePeriodSeconds ?? 30)),
};

/** A pod's spec may change in a few places only; what may is made equal and the rest compared. */
function validateChange(object: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  const spec = object.spec as PodSpec;
  const before = old.spec as PodSpec;
  for (const kind of ['containers', 'initContainers'] as const)
    if ((spec[kind]?.length ?? 0) !== (before[kind]?.length ?? 0))
      return [forbidden(SPEC.child(kind), 'pod updates may not add or remove containers')];
  const deadline = spec.activeDeadlineSeconds;
  if (before.activeDeadlineSeconds !== undefined && deadline !== before.activeDeadlineSeconds) {
    if (deadline === undefined) errors.push(invalid(SPEC.child('activeDeadlineSeconds'), null, 'must not update from a positive integer to nil value'));
    else if (deadline > before.activeDeadlineSeconds)
      errors.push(invalid(SPEC.child('activeDeadlineSeconds'), deadline, 'must be less than or equal to previous value'));
  }
  const gates = new Set((before.schedulingGates ?? []).map((g) => g.name));
  (spec.schedulingGates ?? []).forEach((gate, i) => {
    if (!gates.has(gate.name))
      errors.push(forbidden(SPEC.child('schedulingGates').index(i).child('name'), `only deletion is allowed, but found new scheduling gate '${gate.name}'`));
  });
  const tolerations = spec.tolerations ?? [];
  for (const t of before.tolerations ?? [])
    if (!tolerations.some((n) => isDeepStrictEqual({ ...n, tolerationSeconds: 0 }, { ...t, tolerationSeconds: 0 }))) {
      errors.push(forbidden(SPEC.child('tolerations'), 'existing toleration can not be modified except its tolerationSeconds'));
      break;
    }
  const allowed = withAllowed(spec, before, gates.size > 0);
  if (!isDeepStrictEqual(allowed, { ...before })) {
    const difference = internalDiff('PodSpec', before, allowed);
    if (difference) errors.push(forbidden(SPEC, `${ONLY}\n${difference}`));
  }
  return errors;
}

/** The new spec with everything that may change as it was: what still differs may not. */
function withAllowed(spec: PodSpec, before: PodSpec, gated: boolean): PodSpec {
  const images = (list: Container[] | undefined, old: Container[] | undefined) => list?.map((c, i) => ({ ...c, image: old?.[i]?.image }));
  const shortened = spec.terminationGracePeriodSeconds === 1 && (before.terminationGracePeriodSeconds ?? 0) < 0;
  const taken: (keyof PodSpec)[] = [
    'activeDeadlineSeconds',
    'tolerations',
    'schedulingGates',
    ...(shortened ? (['terminationGracePeriodSeconds'] as const) : []),
    // While it is gated a pod may still be steered: its selector and affinity may become narrower.
    ...(gated ? (['nodeSelector', 'affinity'] as const) : []),
  ];
  const old = Object.fromEntries(taken.map((field) => [field, before[field]]));
  const allowed = {
    ...spec,
    ...old,
    containers: images(spec.containers, before.containers),
    initContainers: images(spec.initContainers, before.initContainers),
  } as Record<string, unknown>;
  for (const key of Object.keys(allowed)) if (allowed[key] === undefined) delete allowed[key];
  return allowed as unknown as PodSpec;
}

/** A subresource that writes some fields of spec and nothing else. */
function keepAllBut(...fields: (keyof PodSpec)[]): (object: KubeObject, old: KubeObject) => void {
  return (object, old) => {
    const given = object.spec as PodSpec;
    const metadata = { ...old.metadata, resourceVersion: object.metadata.resourceVersion, managedFields: object.metadata.managedFields };
    for (const key of Object.keys(object)) if (key !== 'kind' && key !== 'apiVersion') delete object[key];
    Object.assign(object, structuredClone({ ...old, metadata }));
    for (const field of fields) if (given?.[field] !== undefined) object.spec[field] = given[field];
  };
}

/** A resize lets nothing through but the resources of the containers that are there. */
function takeResources(object: KubeObject, old: KubeObject): void {
  const given = object.spec as PodSpec;
  keepAllBut()(object, old);
  const spec = object.spec as PodSpec;
  for (const kind of ['containers', 'initContainers'] as const) {
    const byName = new Map((given?.[kind] ?? []).map((container) => [container.name, container]));
    for (const container of spec[kind] ?? []) {
      const wanted = byName.get(container.name);
      if (!wanted) continue;
      for (const field of ['resources', 'resizePolicy'] as const) {
        if (wanted[field] === undefined) delete container[field];
        else container[field] = wanted[field] as never;
      }
    }
  }
}

function ephemeralContainersOnlyGrow(object: KubeObject, old: KubeObject): FieldError[] {
  const at = SPEC.child('ephemeralContainers');
  const errors = validatePodSpec(object.spec as PodSpec, SPEC);
  const now = new Map(((object.spec as PodSpec).ephemeralContainers ?? []).map((c) => [c.name, c]));
  for (const container of (old.spec as PodSpec).ephemeralContainers ?? []) {
    const same = now.get(container.name);
    if (!same) errors.push(forbidden(at, `existing ephemeral containers ${JSON.stringify(container.name)} may not be removed\n`));
    else if (!isDeepStrictEqual(same, container)) errors.push(forbidden(at, `existing ephemeral containers ${JSON.stringify(container.name)} may not be changed\n${internalDiff('EphemeralContainer', container, same)}`));
  }
  return errors;
}

function onlyResources(object: KubeObject, old: KubeObject): FieldError[] {
  const errors = validatePodSpec(object.spec as PodSpec, SPEC);
  const rest = (spec: PodSpec) => [spec.containers, spec.initContainers ?? []].map((list) => list.map((c) => ({ ...c, resources: {}, resizePolicy: [] })));
  if (!isDeepStrictEqual(rest(object.spec as PodSpec), rest(old.spec as PodSpec)))
    errors.push(forbidden(SPEC, 'only cpu and memory resources are mutable'));
  else if (qosClass(object.spec as PodSpec) !== (old.status?.qosClass ?? qosClass(old.spec as PodSpec)))
    errors.push(invalid(Path.root('metadata').child('qosClass'), qosClass(object.spec as PodSpec), 'Pod QOS Class may not change as a result of resizing'));
  return errors;
}
