import type { Container, Pod, PodSpec, ResourceRequirements } from '../../../../schema/types.ts';
import { isSidecar } from '../../../rules/containers.ts';
import { forbidden, invalid, Path, WHOLE, type FieldError } from '../../../meta/field.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import { semanticallyEqual } from '../../validation/values.ts';
import { MIRROR } from './annotations.ts';
import { internalDiff } from '../../internal-diff.ts';
import { qosClass } from '../../../rules/qos-class.ts';

const SPEC = Path.root('spec');
const LISTS = ['containers', 'initContainers'] as const;

/** Makes the object what `old` is, but for what the store keeps of every write. Returns the spec that was given. */
function restore(object: Unchecked<Pod>, old: Unchecked<Pod>): Parts<PodSpec> {
  const given = object.spec ?? {};
  // ResetObjectMetaForStatus says nothing of generateName
  const { generateName, resourceVersion, managedFields } = object.metadata;
  const { generateName: _, ...kept } = old.metadata;
  const metadata = { ...kept, ...(generateName && { generateName }), resourceVersion, managedFields };
  for (const key of Object.keys(object))
    if (key !== 'kind' && key !== 'apiVersion') Reflect.deleteProperty(object, key);
  Object.assign(object, structuredClone({ ...old, metadata }));
  return given;
}

/** A write of ephemeralcontainers changes those and nothing else. */
export function takeEphemeralContainers(object: Unchecked<Pod>, old: Unchecked<Pod>): void {
  const { ephemeralContainers } = restore(object, old);
  const spec = (object.spec ??= {});
  if (ephemeralContainers?.length) spec.ephemeralContainers = ephemeralContainers;
  else delete spec.ephemeralContainers;
}

/** Containers for debugging come, and stay as they are (core/v1 ValidatePodEphemeralContainersUpdate). */
export function ephemeralContainersOnlyGrow(object: Unchecked<Pod>, old: Unchecked<Pod>): FieldError[] {
  if (old.metadata.annotations?.[MIRROR] !== undefined)
    return [forbidden(WHOLE, 'static pods do not support ephemeral containers')];
  const at = SPEC.child('ephemeralContainers');
  const errors: FieldError[] = [];
  const now = new Map((object.spec?.ephemeralContainers ?? []).map((c) => [c.name, c]));
  for (const container of old.spec?.ephemeralContainers ?? []) {
    const name = JSON.stringify(container.name);
    const same = now.get(container.name);
    if (!same) errors.push(forbidden(at, `existing ephemeral containers ${name} may not be removed\n`));
    else if (!semanticallyEqual(same, container)) {
      const difference = internalDiff('EphemeralContainer', container, same);
      if (difference)
        errors.push(forbidden(at, `existing ephemeral containers ${name} may not be changed\n${difference}`));
    }
  }
  return errors;
}

/** Resources and resize policies of the given containers, everything else as it is; containers that are not the same ones are left to validation. */
function resized(
  given: Parts<Container>[] | undefined,
  old: Parts<Container>[] | undefined,
): Parts<Container>[] | undefined {
  if (!given?.length || given.some((container, i) => container.name !== old?.[i]?.name)) return given;
  return old!.map((container, i) => {
    const { resources: _, resizePolicy: __, ...rest } = container;
    const { resources, resizePolicy } = given[i]!;
    return { ...rest, ...(resources && { resources }), ...(resizePolicy && { resizePolicy }) };
  });
}

/** A write of resize lets nothing through but the resources of the containers that are there. */
export function takeResources(object: Unchecked<Pod>, old: Unchecked<Pod>): void {
  const before = old.spec ?? {};
  const differs = LISTS.some((list) => (object.spec?.[list]?.length ?? 0) !== (before[list]?.length ?? 0));
  if (differs) return;
  const given = restore(object, old);
  for (const list of LISTS) {
    const containers = resized(given[list], before[list]);
    if (containers) (object.spec ??= {})[list] = structuredClone(containers);
  }
}

const isPodLevel = ({ resources }: Parts<PodSpec>): boolean =>
  Object.keys(resources?.requests ?? {}).length + Object.keys(resources?.limits ?? {}).length > 0;

/** core/v1 ValidatePodResize; the whole spec has been looked at. */
export function validateResize(object: Unchecked<Pod>, old: Unchecked<Pod>): FieldError[] {
  const spec = object.spec ?? {};
  const before = old.spec ?? {};
  if (old.metadata.annotations?.[MIRROR] !== undefined) return [forbidden(WHOLE, 'static pods cannot be resized')];
  if (before.os?.name === 'windows') return [forbidden(WHOLE, 'windows pods cannot be resized')];
  const errors: FieldError[] = [];
  const qos = old.status?.qosClass ?? qosClass(before);
  if (qos !== qosClass(spec)) errors.push(invalid(SPEC, qos, 'Pod QOS Class may not change as a result of resizing'));
  const running = old.status?.containerStatuses?.find((status) => status.state?.running);
  if (running && !running.resources) errors.push(forbidden(SPEC, 'Pod running on node without support for resize'));
  if (isPodLevel(before) || isPodLevel(spec)) {
    const gate = 'InPlacePodLevelResourcesVerticalScalingEnabled feature gate is disabled';
    return [...errors, forbidden(WHOLE, `resize of pods with pod-level resources is forbidden when ${gate}`)];
  }
  const order = LISTS.flatMap((list) => sameContainers(spec[list] ?? [], before[list] ?? [], list));
  if (order.length) return [...errors, ...order];
  for (const list of LISTS) addResize(errors, spec[list] ?? [], before[list] ?? [], list);
  return errors;
}

function sameContainers(
  now: readonly Parts<Container>[],
  before: readonly Parts<Container>[],
  list: string,
): FieldError[] {
  const at = SPEC.child(list);
  if (now.length !== before.length) return [forbidden(at, `${list} may not be added or removed on resize`)];
  return now.flatMap(({ name }, i) =>
    name === before[i]!.name
      ? []
      : [forbidden(at.index(i).child('name'), `${list} may not be renamed or reordered on resize`)],
  );
}

function addResize(
  errors: FieldError[],
  now: readonly Parts<Container>[],
  before: readonly Parts<Container>[],
  list: (typeof LISTS)[number],
): void {
  now.forEach((container, i) => {
    const old = before[i]!;
    const stays = list === 'containers' || isSidecar(container);
    if (stays) {
      for (const kind of ['requests', 'limits'] as const) {
        if (!isRemoved(container.resources?.[kind], old.resources?.[kind])) continue;
        errors.push(
          forbidden(SPEC.child(list).index(i).child('resources', kind), `resource ${kind} cannot be removed`),
        );
      }
    }
    if (semanticallyEqual(rest(container, stays), rest(old, stays))) return;
    const why = stays
      ? `only cpu and memory resources ${list === 'containers' ? '' : 'for sidecar containers '}are mutable`
      : 'resources for non-sidecar init containers are immutable';
    errors.push(forbidden(SPEC, why));
  });
}

const isRemoved = (now: Record<string, string> = {}, before: Record<string, string> = {}): boolean =>
  Object.keys(before).some((name) => now[name] === undefined);

/** A container in comparable form; `stays`: without what a resize may change. */
function rest(container: Parts<Container>, stays: boolean): unknown {
  const fixed = (amounts: Record<string, string> | undefined): [string, string][] =>
    Object.entries(amounts ?? {})
      .filter(([name]) => !stays || (name !== 'cpu' && name !== 'memory'))
      .sort();
  const { limits, requests, claims = [] }: Parts<ResourceRequirements> = container.resources ?? {};
  return {
    ...container,
    resizePolicy: container.resizePolicy ?? [],
    resources: [fixed(limits), fixed(requests), claims],
  };
}
