/** Capabilities of Linux by their bit, as capability.h numbers them; without `CAP_`, as in a pod. */
export const CAPABILITIES: readonly string[] = [
  'CHOWN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'SETPCAP',
  'LINUX_IMMUTABLE',
  'NET_BIND_SERVICE',
  'NET_BROADCAST',
  'NET_ADMIN',
  'NET_RAW',
  'IPC_LOCK',
  'IPC_OWNER',
  'SYS_MODULE',
  'SYS_RAWIO',
  'SYS_CHROOT',
  'SYS_PTRACE',
  'SYS_PACCT',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_NICE',
  'SYS_RESOURCE',
  'SYS_TIME',
  'SYS_TTY_CONFIG',
  'MKNOD',
  'LEASE',
  'AUDIT_WRITE',
  'AUDIT_CONTROL',
  'SETFCAP',
  'MAC_OVERRIDE',
  'MAC_ADMIN',
  'SYSLOG',
  'WAKE_ALARM',
  'BLOCK_SUSPEND',
  'AUDIT_READ',
  'PERFMON',
  'BPF',
  'CHECKPOINT_RESTORE',
];

/** What a container has without asking. Source: containerd pkg/oci defaultUnixCaps. */
export const DEFAULT_CAPABILITIES: readonly string[] = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FSETID',
  'FOWNER',
  'MKNOD',
  'NET_RAW',
  'SETGID',
  'SETUID',
  'SETFCAP',
  'SETPCAP',
  'NET_BIND_SERVICE',
  'SYS_CHROOT',
  'KILL',
  'AUDIT_WRITE',
];

/** The five sets of a process, by name without `CAP_`. */
export interface CapabilitySets {
  effective: readonly string[];
  permitted: readonly string[];
  inheritable: readonly string[];
  bounding: readonly string[];
  ambient: readonly string[];
}

/**
 * What a container ends up with: the default, or all, or none; then what it adds; then what it drops. Names are those
 * of the pod API, in any case. Source: containerd internal/cri/opts WithCapabilities.
 * @returns names that Linux may not know
 */
export function capabilitiesOf(
  add: readonly string[],
  drop: readonly string[],
  all: readonly string[] = CAPABILITIES,
): string[] {
  const isAll = (name: string): boolean => name.toUpperCase() === 'ALL';
  const set = new Set(drop.some(isAll) ? [] : add.some(isAll) ? all : DEFAULT_CAPABILITIES);
  for (const name of add) if (!isAll(name)) set.add(name.toUpperCase());
  for (const name of drop) if (!isAll(name)) set.delete(name.toUpperCase());
  return [...set];
}

/** Whether a container asks for a capability, by name or with all of them, and does not drop it. */
export function asksFor(name: string, { add = [], drop = [] }: { add?: string[]; drop?: string[] } = {}): boolean {
  const names = (list: readonly string[], ...of: string[]): boolean =>
    list.some((each) => of.includes(each.toUpperCase()));
  return (names(add, name) || (names(add, 'ALL') && !names(drop, 'ALL'))) && !names(drop, name);
}
