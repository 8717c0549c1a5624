import type { AppArmorProfile, Container, PodSpec, SeccompProfile } from '../../../../schema/types.ts';
import { forbidden, invalid, Path, type FieldError } from '../../../meta/field.ts';
import type { Parts } from '../../../meta/object.ts';
import { addDescendingPath } from '../../validation/paths.ts';
import { addAppArmor } from './container/security.ts';
import { visitContainers } from './spec/containers-of.ts';
import { addTolerations } from './spec/scheduling.ts';

export const MIRROR = 'kubernetes.io/config.mirror';
export const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod';
export const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/';
export const APPARMOR = 'container.apparmor.security.beta.kubernetes.io/';
const TOLERATIONS = 'scheduler.alpha.kubernetes.io/tolerations';
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const LOCALHOST = 'localhost/';

type Annotations = Record<string, string>;

/** Annotations that mean something to Kubernetes (core/v1 ValidatePodSpecificAnnotations). `at`: the annotations. */
export function addPodAnnotations(
  errors: FieldError[],
  annotations: Annotations | undefined,
  spec: Parts<PodSpec> | undefined,
  at: Path,
): void {
  for (const check of CHECKS) for (const key in annotations) check(errors, key, annotations[key]!, spec, at);
}

type Check = (errors: FieldError[], key: string, value: string, spec: Parts<PodSpec> | undefined, at: Path) => void;

/** In the order of ValidatePodSpecificAnnotations. */
const CHECKS: readonly Check[] = [
  (errors, key, value, spec, at) => {
    if (key === MIRROR && !spec?.nodeName)
      errors.push(invalid(at.key(key), value, 'must set spec.nodeName if mirror pod annotation is set'));
  },
  (errors, key, value, _, at) => {
    if (key === TOLERATIONS) addTolerationsText(errors, value, at);
  },
  (errors, key, value, _, at) => {
    if (key === DELETION_COST && !isCost(value)) errors.push(invalid(at.key(key), value, 'must be a 32bit integer'));
  },
  (errors, key, value, _, at) => {
    if (key === SECCOMP_POD || key.startsWith(SECCOMP_CONTAINER)) addSeccompText(errors, value, at.child(key));
  },
  (errors, key, value, spec, at) => {
    if (key.startsWith(APPARMOR)) addAppArmorText(errors, key, value, spec, at);
  },
];

const isCost = (text: string): boolean =>
  /^(0|-\d+|[1-9]\d*)$/.test(text) && Number(text) >= -2147483648 && Number(text) <= 2147483647;

function addTolerationsText(errors: FieldError[], text: string, at: Path): void {
  if (text === '') return;
  try {
    const value: unknown = JSON.parse(text);
    if (value === null) return;
    if (!Array.isArray(value) || value.some((t) => typeof t !== 'object' || t === null)) {
      throw new Error('json: cannot unmarshal into Go value of type []v1.Toleration');
    }
    addTolerations(errors, value, at.child(TOLERATIONS));
  } catch (error) {
    errors.push(invalid(at, TOLERATIONS, (error as Error).message));
  }
}

function addSeccompText(errors: FieldError[], profile: string, at: Path): void {
  if (profile === 'runtime/default' || profile === 'docker/default' || profile === 'unconfined') return;
  if (profile.startsWith(LOCALHOST)) addDescendingPath(errors, profile.slice(LOCALHOST.length), at);
  else errors.push(invalid(at, profile, 'must be a valid seccomp profile'));
}

function addAppArmorText(
  errors: FieldError[],
  key: string,
  profile: string,
  spec: Parts<PodSpec> | undefined,
  at: Path,
): void {
  const name = key.slice(APPARMOR.length);
  let found = false;
  if (spec) visitContainers(spec, at, (container) => (found ||= container.name === name));
  if (!found) errors.push(invalid(at.key(key), name, 'container not found'));
  if (profile === '' || profile === 'runtime/default' || profile === 'unconfined' || profile.startsWith(LOCALHOST))
    return;
  errors.push(invalid(at.key(key), profile, `invalid AppArmor profile name: ${JSON.stringify(profile)}`));
}

/** What an update may do with the annotations of a pod: not all of them are its own to change. */
export function addAnnotationChanges(
  errors: FieldError[],
  now: Annotations = {},
  before: Annotations = {},
  at: Path,
): void {
  for (const [key, value] of Object.entries(before)) {
    if (now[key] === value) continue;
    if (key.startsWith(APPARMOR)) errors.push(forbidden(at.key(key), 'may not remove or update AppArmor annotations'));
    if (key === MIRROR) errors.push(forbidden(at.key(key), 'may not remove or update mirror pod annotation'));
  }
  for (const key of Object.keys(now)) {
    if (before[key] !== undefined) continue;
    if (key.startsWith(APPARMOR)) errors.push(forbidden(at.key(key), 'may not add AppArmor annotations'));
    if (key === MIRROR) errors.push(forbidden(at.key(key), 'may not add mirror pod annotation'));
  }
}

const SECCOMP_DEFAULTS = ['runtime/default', 'docker/default'];
type Profile = Pick<Parts<SeccompProfile> & Parts<AppArmorProfile>, 'type' | 'localhostProfile'>;

/** The newer field and the older annotation say the same, or one of them nothing. */
function addMismatch(
  errors: FieldError[],
  what: string,
  annotation: string | undefined,
  profile: Profile | undefined,
  defaults: readonly string[],
  at: Path,
): void {
  if (annotation === undefined || !profile) return;
  const { type, localhostProfile } = profile;
  const differs =
    (type === 'Unconfined' && annotation !== 'unconfined') ||
    (type === 'RuntimeDefault' && !defaults.includes(annotation)) ||
    (type === 'Localhost' && !annotation.startsWith(LOCALHOST));
  if (differs) errors.push(forbidden(at.child('type'), `${what} type in annotation and field must match`));
  else if (type === 'Localhost' && annotation.slice(LOCALHOST.length) !== localhostProfile) {
    errors.push(forbidden(at.child('localhostProfile'), `${what} profile in annotation and field must match`));
  }
}

/** A new pod's or a template's profiles. `at` is the spec. */
export function addProfileMismatches(
  errors: FieldError[],
  annotations: Annotations | undefined,
  spec: Parts<PodSpec>,
  at: Path,
): void {
  if (!annotations) return;
  const ofPod = spec.securityContext;
  addMismatch(
    errors,
    'seccomp',
    annotations[SECCOMP_POD],
    ofPod?.seccompProfile,
    SECCOMP_DEFAULTS,
    at.child('securityContext', 'seccompProfile'),
  );
  visitContainers(spec, at, ({ name, securityContext: own }, here) => {
    const context = here.child('securityContext');
    addMismatch(
      errors,
      'seccomp',
      annotations[SECCOMP_CONTAINER + name],
      own?.seccompProfile,
      SECCOMP_DEFAULTS,
      context.child('seccompProfile'),
    );
    if (spec.os?.name === 'windows') return;
    const profile = own?.appArmorProfile ?? ofPod?.appArmorProfile;
    addMismatch(
      errors,
      'apparmor',
      annotations[APPARMOR + name],
      profile,
      ['runtime/default'],
      context.child('appArmorProfile'),
    );
  });
}

function profileOf(annotation: string): Parts<AppArmorProfile> | undefined {
  if (annotation === 'unconfined') return { type: 'Unconfined' };
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' };
  const localhostProfile = annotation.startsWith(LOCALHOST) ? annotation.slice(LOCALHOST.length) : '';
  if (!localhostProfile) return undefined;
  const profile: Parts<AppArmorProfile> = { type: 'Localhost', localhostProfile };
  const errors: FieldError[] = [];
  addAppArmor(errors, profile, Path.root(''));
  return errors.length ? undefined : profile;
}

const sameProfile = (a: Parts<AppArmorProfile>, b: Parts<AppArmorProfile> | undefined): boolean =>
  a.type === b?.type && a.localhostProfile === b?.localhostProfile;

/** Writes what the older AppArmor annotations of a new pod say into the fields (KEP-24). Changes `spec`. */
export function appArmorFromAnnotations(
  annotations: Annotations | undefined,
  spec: Parts<PodSpec>,
  warn: (text: string) => void,
): void {
  if (!annotations || spec.os?.name === 'windows') return;
  visitContainers(spec, Path.root('spec'), (container: Parts<Container>) => {
    const annotation = annotations[APPARMOR + container.name];
    if (annotation === undefined || container.securityContext?.appArmorProfile) return;
    const profile = profileOf(annotation);
    if (profile && sameProfile(profile, spec.securityContext?.appArmorProfile)) return;
    if (profile) (container.securityContext ??= {}).appArmorProfile = profile;
    warn(
      appArmorDeprecated(
        Path.root('metadata')
          .child('annotations')
          .key(APPARMOR + container.name),
      ),
    );
  });
}

export const appArmorDeprecated = (at: Path): string =>
  `${at.toString()}: deprecated since v1.30; use the "appArmorProfile" field instead`;
