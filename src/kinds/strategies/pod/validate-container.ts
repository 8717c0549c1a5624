import type { Container, EphemeralContainer, PodSpec, Volume } from '../../../../schema/types.ts';
import { isSidecar } from '../../../rules/containers.ts';
import {
  duplicate,
  forbidden,
  invalid,
  notFoundValue,
  notSupported,
  required,
  type FieldError,
  type Path,
} from '../../../meta/field.ts';
import { isDns1123Label } from '../../../meta/names.ts';
import type { Parts } from '../../../meta/object.ts';
import { addReasons } from '../../validation/report.ts';
import { addEnvironment } from './container/environment.ts';
import { addMounts } from './container/mounts.ts';
import { addHostPortConflicts, addPorts } from './container/ports.ts';
import { addNoSupervision, addSupervision } from './container/probes.ts';
import { addResources } from './container/resources.ts';
import { addInitRestartPolicy, addResizePolicy, addRestartPolicy } from './container/restart.ts';
import { addSecurityContext } from './container/security.ts';

/** What the containers' rules have to know of their pod. */
export interface Surroundings {
  spec: Parts<PodSpec>;
  /** those without a fault, by name */
  volumes: ReadonlyMap<string, Parts<Volume>>;
  /** names of spec.resourceClaims */
  claims: readonly string[];
  hostUsers: boolean;
}

const MESSAGE_POLICIES = ['File', 'FallbackToLogsOnError'];
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];

/** What holds for every container (core/v1 validateContainerCommon). */
function addCommon(errors: FieldError[], container: Parts<Container>, around: Surroundings, at: Path): void {
  if (!container.name) errors.push(required(at.child('name')));
  else addReasons(errors, isDns1123Label(container.name), container.name, at, 'name');
  if (!container.image) errors.push(required(at.child('image')));
  addChoice(errors, container.terminationMessagePolicy, MESSAGE_POLICIES, at, 'terminationMessagePolicy');
  if (container.ports) addPorts(errors, container.ports, at.child('ports'));
  if (container.env || container.envFrom) addEnvironment(errors, container, at);
  if (container.volumeMounts || container.volumeDevices) addMounts(errors, container, around.volumes, at);
  addChoice(errors, container.imagePullPolicy, PULL_POLICIES, at, 'imagePullPolicy');
  if (container.resources) addResources(errors, container.resources, around.claims, at.child('resources'));
  if (container.resizePolicy)
    addResizePolicy(errors, container.resizePolicy, around.spec.restartPolicy, at.child('resizePolicy'));
  if (container.securityContext)
    addSecurityContext(errors, container.securityContext, around.hostUsers, at.child('securityContext'));
}

function addChoice(
  errors: FieldError[],
  value: string | undefined,
  choices: readonly string[],
  at: Path,
  field: string,
): void {
  if (!value) errors.push(required(at.child(field)));
  else if (!choices.includes(value)) errors.push(notSupported(at.child(field), value, choices));
}

export function addContainers(errors: FieldError[], around: Surroundings, at: Path): void {
  const { containers } = around.spec;
  if (!containers?.length) {
    errors.push(required(at));
    return;
  }
  const names = new Set<string>();
  containers.forEach((container, i) => {
    const here = at.index(i);
    addCommon(errors, container, around, here);
    const name = container.name ?? '';
    if (names.has(name)) errors.push(duplicate(here.child('name'), name));
    names.add(name);
    addSupervision(errors, container, around.spec, here);
    addRestartPolicy(errors, container, here);
  });
  addHostPortConflicts(errors, containers, at);
}

export function addInitContainers(errors: FieldError[], around: Surroundings, at: Path): void {
  const { containers, initContainers } = around.spec;
  if (!initContainers?.length) return;
  const names = new Set((containers ?? []).map((c) => c.name ?? ''));
  initContainers.forEach((container, i) => {
    const here = at.index(i);
    addCommon(errors, container, around, here);
    addInitRestartPolicy(errors, container, here);
    const { name = '' } = container;
    if (names.has(name)) errors.push(duplicate(here.child('name'), name));
    else if (name) names.add(name);
    // they run one after another: only a container's own ports can be in each other's way
    addHostPortConflicts(errors, [container], at);
    if (isSidecar(container)) addSupervision(errors, container, around.spec, here);
    else addNoSupervision(errors, container, here);
  });
}

/** What a debugging container cannot have, in the order of Go's type. */
const NOT_EPHEMERAL = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const;

const isSet = (value: unknown): boolean =>
  value !== undefined && value !== null && !(typeof value === 'object' && Object.keys(value).length === 0);

export function addEphemeralContainers(errors: FieldError[], around: Surroundings, at: Path): void {
  const { containers, initContainers, ephemeralContainers } = around.spec;
  if (!ephemeralContainers?.length) return;
  const others = new Set([...(containers ?? []), ...(initContainers ?? [])].map((c) => c.name ?? ''));
  const names = new Set(others);
  ephemeralContainers.forEach((ephemeral, i) => {
    const here = at.index(i);
    addCommon(errors, ephemeral, around, here);
    addImageSpace(errors, ephemeral.image, here);
    const { name = '', targetContainerName: target } = ephemeral;
    if (names.has(name)) errors.push(duplicate(here.child('name'), name));
    names.add(name);
    if (target && !others.has(target)) errors.push(notFoundValue(here.child('targetContainerName'), target));
    addNotEphemeral(errors, ephemeral, here);
  });
}

function addNotEphemeral(errors: FieldError[], container: Parts<EphemeralContainer>, at: Path): void {
  const why = 'cannot be set for an Ephemeral Container';
  for (const field of NOT_EPHEMERAL) {
    // a pointer to an empty struct is set, an empty list or struct is not
    const value = container[field];
    const set = field.endsWith('Probe') || field === 'lifecycle' ? value != null : isSet(value);
    if (set) errors.push(forbidden(at.child(field), why));
  }
  container.volumeMounts?.forEach((mount, i) => {
    for (const field of ['subPath', 'subPathExpr'] as const) {
      if (mount[field]) errors.push(forbidden(at.child('volumeMounts').index(i).child(field), why));
    }
  });
}

/** Only a pod is this strict: some put a blank image into templates, for others to fill in. */
export function addImageSpace(errors: FieldError[], image: string | undefined, at: Path): void {
  if (image && image.trim() !== image)
    errors.push(invalid(at.child('image'), image, 'must not have leading or trailing whitespace'));
}
