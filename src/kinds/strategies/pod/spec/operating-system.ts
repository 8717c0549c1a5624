import type { PodSpec } from '../../../../../schema/types.ts';
import { forbidden, invalid, notSupported, required, type FieldError, type Path } from '../../../../meta/field.ts';
import type { Parts } from '../../../../meta/object.ts';
import { visitContainers } from './containers-of.ts';

const SYSTEMS = ['linux', 'windows'];
const NOT_WINDOWS = 'cannot be set for a windows pod';

/** Fields of the pod's and the containers' security contexts that Windows does not know. */
const POD_FIELDS = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
  'supplementalGroupsPolicy',
  'seLinuxChangePolicy',
] as const;
const SPEC_FIELDS = ['hostUsers', 'shareProcessNamespace'] as const;
const SPEC_FLAGS = ['hostPID', 'hostIPC'] as const;
const CONTAINER_FIELDS = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
] as const;

/** What goes with spec.os (KEP-2802). `at` is the spec. */
export function addOperatingSystem(errors: FieldError[], spec: Parts<PodSpec>, at: Path): void {
  if (!spec.os) return;
  const { name } = spec.os;
  if (!name) errors.push(required(at.child('os', 'name')));
  else if (!SYSTEMS.includes(name)) errors.push(notSupported(at.child('os'), name, SYSTEMS));
  else if (name === 'linux') addLinux(errors, spec, at);
  else addWindows(errors, spec, at);
}

function addLinux(errors: FieldError[], spec: Parts<PodSpec>, at: Path): void {
  const refuse = (context: { windowsOptions?: unknown } | undefined, here: Path): void => {
    if (context?.windowsOptions)
      errors.push(
        forbidden(here.child('securityContext', 'windowsOptions'), 'windows options cannot be set for a linux pod'),
      );
  };
  refuse(spec.securityContext, at);
  visitContainers(spec, at, (container, here) => refuse(container.securityContext, here));
}

function addWindows(errors: FieldError[], spec: Parts<PodSpec>, at: Path): void {
  for (const field of POD_FIELDS) {
    const value = spec.securityContext?.[field];
    if (value != null && !(field === 'sysctls' && Array.isArray(value) && value.length === 0)) {
      errors.push(forbidden(at.child('securityContext', field), NOT_WINDOWS));
    }
  }
  for (const field of SPEC_FIELDS) if (spec[field] != null) errors.push(forbidden(at.child(field), NOT_WINDOWS));
  for (const field of SPEC_FLAGS) if (spec[field]) errors.push(forbidden(at.child(field), NOT_WINDOWS));
  visitContainers(spec, at, (container, here) => {
    for (const field of CONTAINER_FIELDS) {
      if (container.securityContext?.[field] != null)
        errors.push(forbidden(here.child('securityContext', field), NOT_WINDOWS));
    }
  });
}

/** Containers of Windows that are processes of the host: all or none, and on the host's network (KEP-1981). */
export function addHostProcess(errors: FieldError[], spec: Parts<PodSpec>, at: Path): void {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  let count = 0;
  let host = 0;
  visitContainers(spec, at, (container, here) => {
    count++;
    const own = container.securityContext?.windowsOptions?.hostProcess;
    if (ofPod != null && own != null && ofPod !== own) {
      const why = `pod hostProcess value must be identical if both are specified, was ${ofPod}`;
      errors.push(invalid(here.child('securityContext', 'windowsOptions', 'hostProcess'), own, why));
    }
    if (own ?? ofPod) host++;
  });
  if (host === 0) return;
  if (host !== count)
    errors.push(
      invalid(at, '', 'If pod contains any hostProcess containers then all containers must be HostProcess containers'),
    );
  if (!spec.hostNetwork)
    errors.push(
      invalid(at.child('hostNetwork'), false, 'hostNetwork must be true if pod contains any hostProcess containers'),
    );
}

/** With a user namespace of its own a pod shares no other with the host (KEP-127). Kubernetes spells these paths so. */
export function addHostUsers(errors: FieldError[], spec: Parts<PodSpec>, at: Path): void {
  if (spec.hostUsers !== false) return;
  const why = 'when `hostUsers` is false';
  if (spec.hostNetwork) errors.push(forbidden(at.child('hostNetwork'), why));
  if (spec.hostPID) errors.push(forbidden(at.child('HostPID'), why));
  if (spec.hostIPC) errors.push(forbidden(at.child('HostIPC'), why));
  visitContainers(spec, at, (container, here) => {
    if (container.volumeDevices?.length) errors.push(forbidden(here.child('volumeDevices'), why));
  });
}
