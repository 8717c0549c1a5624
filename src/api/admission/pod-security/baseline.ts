import type { PodSecurityContext, SecurityContext, SELinuxOptions } from '../../../../schema/types.ts';
import type { Parts } from '../../../meta/object.ts';
import { allContainersOf } from '../pods.ts';
import {
  containerCheck,
  namely,
  namesWhere,
  podContext,
  quoted,
  setters,
  type AnyContainer,
  type Check,
} from './check.ts';

/** https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline */
const DEFAULT_CAPABILITIES = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);
/** Settings that are safe, and the minor version since which they count as such. */
const SYSCTLS: Readonly<Record<string, number>> = {
  'kernel.shm_rmid_forced': 0,
  'net.ipv4.ip_local_port_range': 0,
  'net.ipv4.tcp_syncookies': 0,
  'net.ipv4.ping_group_range': 0,
  'net.ipv4.ip_unprivileged_port_start': 0,
  'net.ipv4.ip_local_reserved_ports': 27,
  'net.ipv4.tcp_keepalive_time': 29,
  'net.ipv4.tcp_fin_timeout': 29,
  'net.ipv4.tcp_keepalive_intvl': 29,
  'net.ipv4.tcp_keepalive_probes': 29,
  'net.ipv4.tcp_rmem': 32,
  'net.ipv4.tcp_wmem': 32,
};
const SELINUX_TYPES: Readonly<Record<string, number>> = {
  '': 0,
  container_t: 0,
  container_init_t: 0,
  container_kvm_t: 0,
  container_engine_t: 31,
};
const known = (table: Readonly<Record<string, number>>, name: string, minor: number): boolean =>
  Object.hasOwn(table, name) && (table[name] as number) <= minor;
const APPARMOR = 'container.apparmor.security.beta.kubernetes.io/';

/** A container's or the pod's. */
type AnyContext = Parts<SecurityContext> | Parts<PodSecurityContext>;

const unique = <T>(list: T[]): T[] => [...new Set(list)];

const appArmor: Check = (pod) => {
  const isBad = (context: AnyContext | undefined): boolean => context?.appArmorProfile?.type === 'Unconfined';
  const who = setters(pod, isBad(podContext(pod)), (c) => isBad(c.securityContext));
  const annotations = Object.entries(pod.metadata?.annotations ?? {})
    .filter(([k, v]) => k.startsWith(APPARMOR) && v !== '' && v !== 'runtime/default' && !v.startsWith('localhost/'))
    .map(([k, v]) => `${k}=${JSON.stringify(v)}`);
  const details = [
    ...(who ? [`${who} must not set AppArmor profile type to "Unconfined"`] : []),
    ...(annotations.length ? [`annotation${annotations.length > 1 ? 's' : ''} ${annotations.join(', ')}`] : []),
  ];
  return details.length
    ? {
        reason:
          details.length > 1 || annotations.length > 1 ? 'forbidden AppArmor profiles' : 'forbidden AppArmor profile',
        detail: details.join(' and '),
      }
    : undefined;
};

export const addedCapabilities = (
  pod: Parameters<Check>[0],
  allowed: ReadonlySet<string>,
): { names: string[]; added: string[] } => {
  const forbidden = (c: AnyContainer): string[] =>
    (c.securityContext?.capabilities?.add ?? []).filter((x) => !allowed.has(x));
  return {
    names: namesWhere(pod, (c) => forbidden(c).length > 0),
    added: unique(allContainersOf(pod.spec).flatMap(forbidden)).sort(),
  };
};

const capabilities: Check = (pod) => {
  const { names, added } = addedCapabilities(pod, DEFAULT_CAPABILITIES);
  return names.length
    ? {
        reason: 'non-default capabilities',
        detail: `${namely('container', names)} must not include ${quoted(added)} in securityContext.capabilities.add`,
      }
    : undefined;
};

const hostNamespaces: Check = (pod) => {
  const set = (['hostNetwork', 'hostPID', 'hostIPC'] as const)
    .filter((field) => pod.spec?.[field] === true)
    .map((field) => `${field}=true`);
  return set.length ? { reason: 'host namespaces', detail: set.join(', ') } : undefined;
};

const hostPathVolumes: Check = (pod) => {
  const names = (pod.spec?.volumes ?? []).filter((v) => v.hostPath).map((v) => v.name ?? '');
  return names.length ? { reason: 'hostPath volumes', detail: namely('volume', names) } : undefined;
};

const hostPorts: Check = (pod) => {
  const of = (c: AnyContainer): number[] => (c.ports ?? []).map((p) => p.hostPort ?? 0).filter(Boolean);
  const names = namesWhere(pod, (c) => of(c).length > 0);
  const ports = unique(allContainersOf(pod.spec).flatMap(of)).map(String).sort();
  return names.length
    ? {
        reason: 'hostPort',
        detail: `${namely('container', names)} ${names.length > 1 ? 'use' : 'uses'} hostPort${ports.length > 1 ? 's' : ''} ${ports.join(', ')}`,
      }
    : undefined;
};

const probeHosts: Check = (pod) => {
  const hostsOf = (c: AnyContainer): string[] =>
    [c.livenessProbe, c.readinessProbe, c.startupProbe, c.lifecycle?.postStart, c.lifecycle?.preStop]
      .flatMap((handler) => [handler?.httpGet?.host, handler?.tcpSocket?.host])
      .filter((host) => host !== undefined)
      .filter((host) => host !== '');
  const names = namesWhere(pod, (c) => hostsOf(c).length > 0);
  const hosts = unique(allContainersOf(pod.spec).flatMap(hostsOf)).sort();
  return names.length
    ? {
        reason: 'probe or lifecycle host',
        detail: `${namely('container', names)} ${names.length > 1 ? 'use' : 'uses'} probe or lifecycle host${hosts.length > 1 ? 's' : ''} ${quoted(hosts)}`,
      }
    : undefined;
};

const procMount: Check = (pod) => {
  const type = (c: AnyContainer): string => c.securityContext?.procMount ?? 'Default';
  const names = namesWhere(pod, (c) => type(c) !== 'Default');
  const types = unique(
    allContainersOf(pod.spec)
      .map(type)
      .filter((x) => x !== 'Default'),
  ).sort();
  return names.length
    ? {
        reason: 'procMount',
        detail: `${namely('container', names)} must not set securityContext.procMount to ${quoted(types)}`,
      }
    : undefined;
};

const seLinuxFor =
  (minor: number): Check =>
  (pod) => {
    const isGood = (type: string): boolean => known(SELINUX_TYPES, type, minor);
    const isBad = (o: Parts<SELinuxOptions>): boolean => !isGood(o.type ?? '') || Boolean(o.user) || Boolean(o.role);
    const inPod = podContext(pod).seLinuxOptions ?? {};
    const who = setters(pod, isBad(inPod), (c) => isBad(c.securityContext?.seLinuxOptions ?? {}));
    if (!who) return undefined;
    const all = [inPod, ...allContainersOf(pod.spec).map((c) => c.securityContext?.seLinuxOptions ?? {})].filter(isBad);
    const types = unique(all.map((o) => o.type ?? '').filter((x) => !isGood(x))).sort();
    const bad = [
      ...(types.length ? [`type${types.length > 1 ? 's' : ''} ${quoted(types)}`] : []),
      ...(all.some((o) => o.user) ? ['user may not be set'] : []),
      ...(all.some((o) => o.role) ? ['role may not be set'] : []),
    ];
    return {
      reason: 'seLinuxOptions',
      detail: `${who} set forbidden securityContext.seLinuxOptions: ${bad.join('; ')}`,
    };
  };

const seccomp: Check = (pod) => {
  const isBad = (context: AnyContext | undefined): boolean => context?.seccompProfile?.type === 'Unconfined';
  const who = setters(pod, isBad(podContext(pod)), (c) => isBad(c.securityContext));
  return who
    ? { reason: 'seccompProfile', detail: `${who} must not set securityContext.seccompProfile.type to "Unconfined"` }
    : undefined;
};

const sysctlsFor =
  (minor: number): Check =>
  (pod) => {
    const bad = (podContext(pod).sysctls ?? []).map((s) => s.name ?? '').filter((name) => !known(SYSCTLS, name, minor));
    return bad.length ? { reason: 'forbidden sysctls', detail: bad.join(', ') } : undefined;
  };

const hostProcess: Check = (pod) => {
  const isBad = (context: AnyContext | undefined): boolean => context?.windowsOptions?.hostProcess === true;
  const who = setters(pod, isBad(podContext(pod)), (c) => isBad(c.securityContext));
  return who
    ? { reason: 'hostProcess', detail: `${who} must not set securityContext.windowsOptions.hostProcess=true` }
    : undefined;
};

/** As the rules of a minor version are, by the names that restricted checks take the place of, in Kubernetes' order. */
export const baselineFor = (minor: number): Readonly<Record<string, Check>> => ({
  appArmor,
  capabilities,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  probeHosts,
  privileged: containerCheck(
    'privileged',
    (c) => c.securityContext?.privileged === true,
    'must not set securityContext.privileged=true',
  ),
  procMount,
  seLinux: seLinuxFor(minor),
  seccomp,
  sysctls: sysctlsFor(minor),
  hostProcess,
});
