import type { Node, Pod } from '../../../schema/types.ts';
import { quantityMilli, quantityValue } from '../../meta/quantity.ts';
import { isStaticPod } from '../../rules/critical-pod.ts';
import { podAmounts, rounded } from '../../rules/pod-amounts.ts';
import { shortageMessage, shortages } from '../admission/resources-fit.ts';

/** Why a pod does not get what it asks for: never on this node, or not now. */
export interface Refusal {
  reason: 'Infeasible' | 'Deferred';
  message: string;
}

/**
 * Whether a pod that runs may have what it asks for now. Source: pkg/kubelet/allocation canResizePod.
 * @param others the node's other pods that have not ended, with what they have
 */
export function resizeRefusal(pod: Pod, others: readonly Pod[], node: Node): Refusal | undefined {
  const infeasible = (message: string): Refusal => ({ reason: 'Infeasible', message });
  if (isStaticPod(pod)) return infeasible('In-place resize of static-pods is not supported');
  const requests = podAmounts(pod.spec, 'requests', rounded);
  const allocatable = node.status?.allocatable;
  const [cpu, memory] = [requests['cpu'] ?? 0, requests['memory'] ?? 0];
  const capacity = {
    cpu: quantityMilli(allocatable?.['cpu'] ?? 0),
    memory: quantityValue(allocatable?.['memory'] ?? 0),
  };
  const lacking = (name: string, requested: number, has: number): Refusal =>
    infeasible(`Node didn't have enough capacity: ${name}, requested: ${requested}, capacity: ${has}`);
  if (memory > capacity.memory) return lacking('memory', memory, capacity.memory);
  if (cpu > capacity.cpu) return lacking('cpu', cpu, capacity.cpu);
  const [shortage] = shortages(pod, others, node);
  return shortage && { reason: 'Deferred', message: shortageMessage(shortage) };
}
