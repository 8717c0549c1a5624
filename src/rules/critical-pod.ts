import type { Pod } from '../../schema/types.ts';

/** Priority from which on a pod is critical: that of the class `system-cluster-critical`. */
export const SYSTEM_CRITICAL = 2_000_000_000;

/** Says where a pod that no API gave to the kubelet comes from: `file`. */
export const CONFIG_SOURCE = 'kubernetes.io/config.source';
/** Marks the API's picture of a static pod. */
export const CONFIG_MIRROR = 'kubernetes.io/config.mirror';

/** A pod that a kubelet has from a file of its node. */
export const isStaticPod = ({ metadata }: Pick<Pod, 'metadata'>): boolean => {
  const source = metadata.annotations?.[CONFIG_SOURCE];
  return source !== undefined && source !== 'api';
};

/** What the node needs to work: it is not evicted, and others make room for it (kubelet/types IsCriticalPod). */
export const isCriticalPod = (pod: Pick<Pod, 'metadata' | 'spec'>): boolean =>
  isStaticPod(pod) ||
  pod.metadata.annotations?.[CONFIG_MIRROR] !== undefined ||
  (pod.spec?.priority ?? 0) >= SYSTEM_CRITICAL;
