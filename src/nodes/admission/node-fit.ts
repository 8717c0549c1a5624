import type { Pod } from '../../../schema/types.ts';
import { isCriticalPod, isStaticPod } from '../../rules/critical-pod.ts';
import { hostPorts, hostPortsConflict } from '../../rules/host-ports.ts';
import { matchesNode } from '../../rules/node-selector.ts';
import { tolerates } from '../../rules/tolerations.ts';
import type { Candidate, Rejection } from './admission.ts';
import { preemption, type Needs } from './preemption.ts';
import { shortageMessage, shortages } from './resources-fit.ts';

/**
 * Room, ports, labels and taints of the node. Shortages come first; to a critical pod that lacks nothing else others
 * give way. Source: kubelet/lifecycle predicate, scheduler AdmissionCheck.
 */
export function nodeFit(candidate: Candidate): Rejection | readonly Pod[] {
  const { pod, others, node } = candidate;
  const missing = shortages(pod, others, node);
  const unsuitable = mismatch(candidate);
  const [first] = missing;
  if (!first) return unsuitable ?? [];
  if (!isCriticalPod(pod)) return { reason: `OutOf${first.resource}`, message: shortageMessage(first) };
  if (unsuitable) return unsuitable;
  const decided = preemption(pod, others, missing);
  return 'pods' in decided ? decided.pods : { reason: 'UnexpectedAdmissionError', message: noRoom(decided.missing) };
}

const noRoom = (needs: Needs): string =>
  'Unexpected error while attempting to recover from admission failure: preemption: error finding a set of pods to ' +
  'preempt: no set of running pods found to reclaim resources: ' +
  `[${[...needs].map(([resource, amount]) => `(res: ${resource}, q: ${amount}), `).join('')}]`;

const failed = (plugin: string, why: string): Rejection => ({
  reason: plugin,
  message: `Predicate ${plugin} failed: ${why}`,
});

function mismatch({ pod, others, node }: Candidate): Rejection | undefined {
  if (!matchesNode(pod, node)) return failed('NodeAffinity', "node(s) didn't match Pod's node affinity/selector");
  const { nodeName } = pod.spec ?? {};
  if (nodeName && nodeName !== node.metadata.name)
    return failed('NodeName', "node(s) didn't match the requested node name");
  const wanted = hostPorts(pod);
  if (wanted.length && hostPortsConflict(wanted, others.flatMap(hostPorts)))
    return failed('NodePorts', "node(s) didn't have free ports for the requested pod ports");
  // Who places a pod looks at the other effects; this one holds of pods that nobody placed.
  const taints = (node.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
  if (!isStaticPod(pod) && taints.some((taint) => !tolerates(pod.spec?.tolerations, taint)))
    return failed('TaintToleration', "node(s) had taints that the pod didn't tolerate");
  return undefined;
}
