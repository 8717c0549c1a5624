import type { PodSpec, Sysctl } from '../../../../../schema/types.ts';
import { duplicate, invalid, notSupported, required, type FieldError, type Path } from '../../../../meta/field.ts';
import { isUnixId } from '../../../../meta/names.ts';
import type { Parts } from '../../../../meta/object.ts';
import { addReasons } from '../../../validation/report.ts';
import { addAppArmor, addSeccomp } from '../container/security.ts';
import { addWindowsOptions } from '../container/windows-options.ts';

const GROUP_CHANGES = ['Always', 'OnRootMismatch'];
const GROUP_POLICIES = ['Merge', 'Strict'];
/** MountOption comes with SELinuxMount, which is off. */
const SELINUX_CHANGES = ['Recursive'];

/** core/v1 validatePodSpecSecurityContext. `at` is the spec. */
export function addPodSecurity(errors: FieldError[], spec: Parts<PodSpec>, at: Path): void {
  const context = spec.securityContext;
  const here = at.child('securityContext');
  if (spec.shareProcessNamespace && spec.hostPID) {
    errors.push(
      invalid(here.child('shareProcessNamespace'), true, 'ShareProcessNamespace and HostPID cannot both be enabled'),
    );
  }
  // nearly every pod has an empty one
  if (!context || Object.keys(context).length === 0) return;
  for (const field of ['fsGroup', 'runAsUser', 'runAsGroup'] as const) {
    const id = context[field];
    if (id != null) addReasons(errors, isUnixId(id), id, here, field);
  }
  context.supplementalGroups?.forEach((id, i) =>
    addReasons(errors, isUnixId(id), id, here.child('supplementalGroups').index(i)),
  );
  if (context.sysctls) addSysctls(errors, context.sysctls, spec, here.child('sysctls'));
  addChoice(errors, context.fsGroupChangePolicy, GROUP_CHANGES, here, 'fsGroupChangePolicy');
  addSeccomp(errors, context.seccompProfile, here.child('seccompProfile'));
  addWindowsOptions(errors, context.windowsOptions, here.child('windowsOptions'));
  addAppArmor(errors, context.appArmorProfile, here.child('appArmorProfile'));
  addChoice(errors, context.supplementalGroupsPolicy, GROUP_POLICIES, here, 'supplementalGroupsPolicy');
  addChoice(errors, context.seLinuxChangePolicy, SELINUX_CHANGES, here, 'seLinuxChangePolicy');
}

function addChoice(
  errors: FieldError[],
  value: string | undefined,
  choices: readonly string[],
  at: Path,
  field: string,
): void {
  if (value != null && !choices.includes(value)) errors.push(notSupported(at.child(field), value, choices));
}

const SEGMENT = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const SYSCTL = `^(${SEGMENT}[\\./])*${SEGMENT}$`;
const sysctl = new RegExp(SYSCTL);
const MAX_SYSCTL = 253;
const IPC = /^(kernel\.sem$|kernel\.shm|kernel\.msg|fs\.mqueue\.)/;

/** With dots between the parts, where slashes stand instead. */
function dotted(name: string): string {
  const first = /[./]/.exec(name)?.[0];
  return first === '/' ? name.replace(/[./]/g, (c) => (c === '/' ? '.' : '/')) : name;
}

function addSysctls(errors: FieldError[], sysctls: readonly Parts<Sysctl>[], spec: Parts<PodSpec>, at: Path): void {
  const seen = new Set<string>();
  sysctls.forEach(({ name = '' }, i) => {
    const here = at.index(i).child('name');
    if (!name) errors.push(required(here));
    else if (name.length > MAX_SYSCTL || !sysctl.test(name)) {
      errors.push(invalid(here, name, `must have at most ${MAX_SYSCTL} characters and match regex ${SYSCTL}`));
    } else if (seen.has(name)) errors.push(duplicate(here, name));
    const plain = dotted(name);
    if (spec.hostNetwork && plain.startsWith('net.'))
      errors.push(invalid(here, name, "may not be specified when 'hostNetwork' is true"));
    else if (spec.hostIPC && IPC.test(plain))
      errors.push(invalid(here, name, "may not be specified when 'hostIPC' is true"));
    seen.add(name);
  });
}
