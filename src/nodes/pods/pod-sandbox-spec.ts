import type { Pod } from '../../../schema/types.ts';
import { normalizeSysctl } from '../admission/sysctls.ts';
import type { PodAddress } from '../network/pod-network.ts';
import type { PodSandboxSpec } from '../runtimes/runtime.ts';
import { kernelHostname } from './pod-hostname.ts';

/** What the containers of a pod share and what they have of the host, as its spec says. */
export function podSandboxSpec(pod: Pod, { ip, netns }: PodAddress, clusterDomain: string): PodSandboxSpec {
  const { namespace = '', name, uid } = pod.metadata;
  const spec = pod.spec;
  return {
    pod: { namespace, name, uid },
    hostname: kernelHostname(pod, clusterDomain),
    netns,
    address: ip,
    hostNetwork: spec?.hostNetwork ?? false,
    hostIPC: spec?.hostIPC ?? false,
    hostPID: spec?.hostPID ?? false,
    shareProcessNamespace: spec?.shareProcessNamespace ?? false,
    hostUsers: spec?.hostUsers ?? true,
    privileged: [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].some(
      (each) => each.securityContext?.privileged ?? false,
    ),
    // which of them it may set, admission has said
    sysctls: Object.fromEntries(
      (spec?.securityContext?.sysctls ?? []).map(({ name: sysctl, value }) => [normalizeSysctl(sysctl), value]),
    ),
  };
}
