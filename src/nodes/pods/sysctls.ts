import type { Pod } from '../../../schema/types.ts';
import { UnsupportedError } from './unsupported.ts';

/**
 * Sysctls that belong to a pod alone and disturb no other; the kernel namespaces all of them since 4.15. Source:
 * pkg/kubelet/sysctl safeSysctls.
 */
const SAFE: Readonly<Record<string, 'IPC' | 'network'>> = {
  'kernel.shm_rmid_forced': 'IPC',
  'net.ipv4.ip_local_port_range': 'network',
  'net.ipv4.tcp_syncookies': 'network',
  'net.ipv4.ping_group_range': 'network',
  'net.ipv4.ip_unprivileged_port_start': 'network',
  'net.ipv4.ip_local_reserved_ports': 'network',
  'net.ipv4.tcp_keepalive_time': 'network',
  'net.ipv4.tcp_fin_timeout': 'network',
  'net.ipv4.tcp_keepalive_intvl': 'network',
  'net.ipv4.tcp_keepalive_probes': 'network',
  'net.ipv4.tcp_rmem': 'network',
  'net.ipv4.tcp_wmem': 'network',
};

/** A name with dots; one may be written with slashes, and then its dots are those of an interface. */
function normalized(name: string): string {
  const first = name.search(/[./]/);
  return name[first] === '/' ? name.replace(/[./]/g, (each) => (each === '/' ? '.' : '/')) : name;
}

/** The kubelet's words about a sysctl that a pod may not set here; undefined for one that it may. */
export function forbiddenSysctl(name: string, spec: Pod['spec']): string | undefined {
  const space = Object.hasOwn(SAFE, normalized(name)) ? SAFE[normalized(name)] : undefined;
  if (!space) return `forbidden sysctl: ${JSON.stringify(normalized(name))} not allowlisted`;
  const shared = space === 'IPC' ? spec?.hostIPC : spec?.hostNetwork;
  const words = space === 'IPC' ? 'ipc' : 'net';
  return shared ? `forbidden sysctl: ${JSON.stringify(name)} not allowed with host ${words} enabled` : undefined;
}

/** The sysctls of a pod, by name with dots. @throws UnsupportedError for one that is not the pod's to set */
export function podSysctls({ spec }: Pick<Pod, 'spec'>): Record<string, string> {
  const sysctls: Record<string, string> = {};
  for (const { name, value } of spec?.securityContext?.sysctls ?? []) {
    const forbidden = forbiddenSysctl(name, spec);
    if (forbidden) throw new UnsupportedError(forbidden);
    sysctls[normalized(name)] = value;
  }
  return sysctls;
}
