import type { Node, Pod } from '../../../schema/types.ts';
import { addAmounts, amountsOf, podAmounts, rounded, type Amounts } from '../../rules/pod-amounts.ts';

/** A resource of which the node has too little left for the pod. */
export interface Shortage {
  resource: string;
  /** whole units; for cpu thousandths of one */
  requested: number;
  used: number;
  capacity: number;
}

const requestsOf = ({ spec }: Pod): Amounts<number> => podAmounts(spec, 'requests', rounded);

/** Resources that somebody other than Kubernetes has named: `example.com/gpu` (core/v1/helper IsExtendedResourceName). */
const isExtended = (name: string): boolean => name.includes('/') && !name.includes('kubernetes.io/');
const FIRST = ['cpu', 'memory', 'ephemeral-storage'];
const rank = (name: string): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
const counts = (name: string): boolean =>
  FIRST.includes(name) || name.startsWith('hugepages-') || name.includes('/') || name.startsWith('attachable-volumes-');

/**
 * What is missing for the pod, in the order in which the kubelet looks: pods, cpu, memory, ephemeral storage, all else.
 * Extended resources that the node does not name are somebody else's to watch over. Source: kubelet/lifecycle
 * removeMissingExtendedResources, scheduler noderesources Fits.
 */
export function shortages(pod: Pod, others: readonly Pod[], node: Node): Shortage[] {
  const allocatable = amountsOf(node.status?.allocatable, rounded);
  const result: Shortage[] = [];
  const slots = allocatable['pods'] ?? 0;
  if (others.length + 1 > slots) result.push({ resource: 'pods', requested: 1, used: others.length, capacity: slots });
  const wanted = Object.entries(requestsOf(pod)).filter(
    ([name, amount]) => amount > 0 && counts(name) && !(isExtended(name) && !(name in allocatable)),
  );
  if (!wanted.length) return result;
  const used: Amounts<number> = {};
  for (const other of others) addAmounts(used, requestsOf(other), rounded);
  for (const [resource, requested] of wanted.sort(([a], [b]) => rank(a) - rank(b))) {
    const [capacity, taken] = [allocatable[resource] ?? 0, used[resource] ?? 0];
    if (requested > capacity - taken) result.push({ resource, requested, used: taken, capacity });
  }
  return result;
}

/** The kubelet's words for it. */
export const shortageMessage = ({ resource, requested, used, capacity }: Shortage): string =>
  `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`;

/** How much of a resource a pod would free; one slot for `pods`. */
export const requestOf = (pod: Pod, resource: string): number =>
  resource === 'pods' ? 1 : (requestsOf(pod)[resource] ?? 0);
