import type { Taint } from '../../../schema/types.ts';
import { isCriticalPod } from '../../rules/critical-pod.ts';
import { qosClass } from '../../rules/qos-class.ts';
import { tolerates } from '../../rules/tolerations.ts';
import type { Check } from './admission.ts';

const MEMORY_TAINT: Taint = { key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' };

/**
 * A node that runs short takes critical pods only; when memory alone is short, also those that have asked for some, and
 * those that tolerate it. Source: kubelet/eviction Admit.
 */
export const nodePressure: Check = ({ pod, policy: { pressure } }) => {
  if (!pressure.length || isCriticalPod(pod)) return undefined;
  if (pressure.length === 1 && pressure[0] === 'MemoryPressure') {
    if ((pod.status?.qosClass ?? qosClass(pod.spec)) !== 'BestEffort') return undefined;
    if (tolerates(pod.spec?.tolerations, MEMORY_TAINT)) return undefined;
  }
  return { reason: 'Evicted', message: `The node had condition: [${pressure.join(' ')}]. ` };
};
