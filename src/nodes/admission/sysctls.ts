import type { Check, SysctlAllowlist, SysctlNamespace } from './admission.ts';

/** Namespaced and without influence on other pods, with the kernel from which on. Source: kubelet/sysctl/safe_sysctls. */
const SAFE: readonly (readonly [name: string, kernel?: string])[] = [
  ['kernel.shm_rmid_forced'],
  ['net.ipv4.ip_local_port_range'],
  ['net.ipv4.tcp_syncookies'],
  ['net.ipv4.ping_group_range'],
  ['net.ipv4.ip_unprivileged_port_start'],
  ['net.ipv4.ip_local_reserved_ports', '3.16'],
  ['net.ipv4.tcp_keepalive_time', '4.5'],
  ['net.ipv4.tcp_fin_timeout', '4.6'],
  ['net.ipv4.tcp_keepalive_intvl', '4.5'],
  ['net.ipv4.tcp_keepalive_probes', '4.5'],
  ['net.ipv4.tcp_rmem', '4.15'],
  ['net.ipv4.tcp_wmem', '4.15'],
];

/** What the kernel keeps for each IPC namespace, by name. */
const IPC_NAMES: ReadonlySet<string> = new Set([
  'kernel.sem',
  'kernel.shmall',
  'kernel.shmmax',
  'kernel.shmmni',
  'kernel.shm_rmid_forced',
  'kernel.shm',
  'kernel.msgmax',
  'kernel.msgmnb',
  'kernel.msgmni',
  'kernel.msg',
]);

const namespaceOf = (name: string): SysctlNamespace | undefined => {
  if (IPC_NAMES.has(name) || name.startsWith('fs.mqueue.')) return 'IPC';
  return name.startsWith('net.') ? 'Net' : undefined;
};

/** A name may be written with slashes, in which dots then stand for slashes. */
export function normalizeSysctl(name: string): string {
  const separator = /[./]/.exec(name)?.[0];
  if (separator !== '/') return name;
  return name.replace(/[./]/g, (each) => (each === '.' ? '/' : '.'));
}

const atLeast = (version: string, least: string): boolean => {
  const [major = 0, minor = 0] = version.split(/[.-]/).map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = least.split('.').map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
};

const SEGMENT = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const PATTERN = new RegExp(`^(${SEGMENT}[./])*([a-z0-9][-_a-z0-9]*)?[a-z0-9*]$`);
const MAX_LENGTH = 253;

/**
 * What pods of a node may set: the safe ones that the kernel has, and those that are allowed besides, a `*` at the end
 * of one standing for anything.
 * @param kernel as `uname -r` says it
 * @throws Error for one that no namespace holds
 */
export function sysctlAllowlist(kernel: string, unsafe: readonly string[] = []): SysctlAllowlist {
  const names = new Map<string, SysctlNamespace>();
  const prefixes = new Map<string, SysctlNamespace>();
  const safe = SAFE.filter(([, least]) => least === undefined || atLeast(kernel, least)).map(([name]) => name);
  for (const pattern of [...safe, ...unsafe]) {
    if (pattern.length > MAX_LENGTH || !PATTERN.test(pattern))
      throw new Error(`${JSON.stringify(pattern)} is not the name of a sysctl, nor a pattern that ends in *`);
    const name = normalizeSysctl(pattern);
    const star = name.indexOf('*');
    const known = star < 0 ? name : name.slice(0, star);
    const namespace = namespaceOf(known);
    if (!namespace) throw new Error(`the sysctls ${JSON.stringify(known)} are not known to be namespaced`);
    (star < 0 ? names : prefixes).set(known, namespace);
  }
  return { names, prefixes };
}

/** Sysctls that the node does not allow, or that a namespace holds which the pod shares with the host. */
export const sysctls: Check = ({ pod, policy }) => {
  for (const { name } of pod.spec?.securityContext?.sysctls ?? []) {
    const wrong = forbidden(normalizeSysctl(name), policy.sysctls, pod.spec ?? {});
    if (wrong) return { reason: 'SysctlForbidden', message: `forbidden sysctl: ${wrong}` };
  }
  return undefined;
};

function forbidden(
  name: string,
  { names, prefixes }: SysctlAllowlist,
  { hostNetwork, hostIPC }: { hostNetwork?: boolean; hostIPC?: boolean },
): string | undefined {
  const namespace = names.get(name) ?? [...prefixes].find(([prefix]) => name.startsWith(prefix))?.[1];
  if (!namespace) return `${JSON.stringify(name)} not allowlisted`;
  const shared = namespace === 'IPC' ? hostIPC : hostNetwork;
  return shared ? `${JSON.stringify(name)} not allowed with host ${namespace} enabled` : undefined;
}
