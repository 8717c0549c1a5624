import { compareQuantity, formatQuantity, parseQuantity, quantityOf, type Quantity } from '../../meta/quantity.ts';
import { hasPodLevelResources } from '../../rules/pod-amounts.ts';
import type { ContainerUsage, PodUsage } from '../usage/node-usage.ts';
import { SIGNALS, type Observations, type StarvedResource } from './signals.ts';
import { quantityWithin, type Threshold } from './thresholds.ts';

const bytes = (count: number): Quantity => quantityOf(count, 'BinarySI');

const usedOf = (container: ContainerUsage, resource: StarvedResource): Quantity | undefined => {
  if (resource === 'memory') return bytes(container.workingSet);
  if (resource !== 'ephemeral-storage' || !container.rootfs || !container.logs) return undefined;
  return bytes(container.rootfs.usedBytes + container.logs.usedBytes);
};

/**
 * What the kubelet says of a pod that it evicts: what the node is short of, and which containers use more than they have
 * requested. Source: pkg/kubelet/eviction evictionMessage.
 */
export function evictionMessage(
  { pod, containers, workingSet }: PodUsage,
  resource: StarvedResource,
  thresholds: readonly Threshold[],
  observations: Observations,
): string {
  const parts = [`The node was low on resource: ${resource}. `];
  for (const { signal, amount } of thresholds) {
    const observed = observations.get(signal);
    if (SIGNALS[signal].resource !== resource || !observed) continue;
    const wanted = formatQuantity(quantityWithin(amount, observed.capacity));
    parts.push(`Threshold quantity: ${wanted}, available: ${formatQuantity(observed.available)}. `);
    break;
  }
  const larger = (what: string, used: Quantity, request: string): string =>
    `${what} was using ${formatQuantity(used)}, request is ${request}, has larger consumption of ${resource}. `;
  const own = pod.spec?.resources?.requests?.[resource];
  if (resource === 'memory' && own !== undefined && pod.spec && hasPodLevelResources(pod.spec))
    parts.push(larger(`Pod ${pod.metadata.name}`, bytes(workingSet), own));
  for (const container of containers) {
    const specs = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
    const request = specs.find(({ name }) => name === container.name)?.resources?.requests?.[resource] ?? '0';
    const used = usedOf(container, resource);
    if (used && compareQuantity(used, parseQuantity(request)) > 0)
      parts.push(larger(`Container ${container.name}`, used, request));
  }
  return parts.join('');
}
