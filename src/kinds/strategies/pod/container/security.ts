import type { AppArmorProfile, SeccompProfile, SecurityContext } from '../../../../../schema/types.ts';
import { invalid, notSupported, required, tooLong, type FieldError, type Path } from '../../../../meta/field.ts';
import { isUnixId } from '../../../../meta/names.ts';
import type { Parts } from '../../../../meta/object.ts';
import { addDescendingPath } from '../../../validation/paths.ts';
import { addReasons } from '../../../validation/report.ts';
import { internalValue } from '../../../internal-value.ts';
import { addWindowsOptions } from './windows-options.ts';

const PROC_MOUNTS = ['Default', 'Unmasked'];
const PROFILES = ['Localhost', 'RuntimeDefault', 'Unconfined'];
/** PATH_MAX without the end */
const MAX_PROFILE = 4095;

export function addSeccomp(errors: FieldError[], profile: Parts<SeccompProfile> | undefined, at: Path): void {
  if (!profile) return;
  const { type, localhostProfile: local } = profile;
  if (!type) errors.push(required(at.child('type'), 'type is required when seccompProfile is set'));
  else if (!PROFILES.includes(type)) errors.push(notSupported(at.child('type'), type, PROFILES));
  if (type === 'Localhost') {
    if (local == null)
      errors.push(required(at.child('localhostProfile'), 'must be set when seccomp type is Localhost'));
    else addDescendingPath(errors, local, at.child('localhostProfile'));
  } else if (local != null) {
    errors.push(
      invalid(
        at.child('localhostProfile'),
        internalValue('SeccompProfile', profile),
        'can only be set when seccomp type is Localhost',
      ),
    );
  }
}

export function addAppArmor(errors: FieldError[], profile: Parts<AppArmorProfile> | undefined, at: Path): void {
  if (!profile) return;
  const { type, localhostProfile: local } = profile;
  const here = at.child('localhostProfile');
  if (type === 'Localhost') {
    if (!local) errors.push(required(here, 'must be set when AppArmor type is Localhost'));
    else {
      if (local.trim() !== local) errors.push(invalid(here, local, 'must not be padded with whitespace'));
      if (Buffer.byteLength(local) > MAX_PROFILE) errors.push(tooLong(here, MAX_PROFILE));
    }
  } else if (!type) errors.push(required(at.child('type'), 'type is required when appArmorProfile is set'));
  else if (!PROFILES.includes(type)) errors.push(notSupported(at.child('type'), type, PROFILES));
  else if (local != null) errors.push(invalid(here, local, 'can only be set when AppArmor type is Localhost'));
}

/** core/v1 ValidateSecurityContext. `hostUsers`: the pod shares the host's user namespace. */
export function addSecurityContext(
  errors: FieldError[],
  context: Parts<SecurityContext> | undefined,
  hostUsers: boolean,
  at: Path,
): void {
  if (!context) return;
  const { runAsUser, runAsGroup, procMount } = context;
  if (runAsUser != null) addReasons(errors, isUnixId(runAsUser), runAsUser, at, 'runAsUser');
  if (runAsGroup != null) addReasons(errors, isUnixId(runAsGroup), runAsGroup, at, 'runAsGroup');
  if (procMount != null) {
    if (!PROC_MOUNTS.includes(procMount)) errors.push(notSupported(at.child('procMount'), procMount, PROC_MOUNTS));
    if (hostUsers && procMount === 'Unmasked')
      errors.push(invalid(at.child('procMount'), procMount, '`hostUsers` must be false to use `Unmasked`'));
  }
  addSeccomp(errors, context.seccompProfile, at.child('seccompProfile'));
  addEscalation(errors, context, at);
  addWindowsOptions(errors, context.windowsOptions, at.child('windowsOptions'));
  addAppArmor(errors, context.appArmorProfile, at.child('appArmorProfile'));
}

/** Whoever may do everything cannot be kept from more. */
function addEscalation(errors: FieldError[], context: Parts<SecurityContext>, at: Path): void {
  if (context.allowPrivilegeEscalation !== false) return;
  const refuse = (what: string): void => {
    errors.push(
      invalid(
        at,
        internalValue('SecurityContext', context),
        `cannot set \`allowPrivilegeEscalation\` to false and ${what}`,
      ),
    );
  };
  if (context.privileged) refuse('`privileged` to true');
  for (const capability of context.capabilities?.add ?? [])
    if (capability === 'CAP_SYS_ADMIN') refuse('`capabilities.Add` CAP_SYS_ADMIN');
}
