import type { Pod } from '../../schema/types.ts';
import { SYSTEM_CRITICAL } from '../rules/critical-pod.ts';
import type { ShutdownPeriods } from './contract.ts';
import type { NodeFact } from './node-object.ts';
import type { Verdict } from './pods/pod-status.ts';

const MESSAGE = 'Pod was terminated in response to imminent node shutdown.';
/** Status of a pod that ends so. Source: kubelet/nodeshutdown. */
export const TERMINATED: Verdict = { reason: 'Terminated', message: MESSAGE, disruption: MESSAGE };
/** Condition of a node that goes down, as the kubelet words it. */
export const SHUTTING_DOWN: NodeFact = {
  type: 'Ready',
  status: 'False',
  reason: 'KubeletNotReady',
  message: 'node is shutting down',
};

/** Pods that end together, and how long they have at most, ms. */
export interface ShutdownGroup {
  pods: Pod[];
  grace: number;
}

/** The pods of a node in the order in which they end: by priority, the critical ones last. */
export function shutdownOrder(pods: readonly Pod[], { total, critical }: ShutdownPeriods): ShutdownGroup[] {
  const isCritical = ({ spec }: Pod): boolean => (spec?.priority ?? 0) >= SYSTEM_CRITICAL;
  const groups = [
    { pods: pods.filter((pod) => !isCritical(pod)), grace: total - critical },
    { pods: pods.filter(isCritical), grace: critical },
  ];
  return groups.filter((group) => group.pods.length);
}
