import type { Pod } from '../../schema/types.ts';
import { quantityMilli } from '../meta/quantity.ts';
import { lastingContainers } from '../rules/containers.ts';
import { isPodLevelResource, podAmounts, rounded, type Arithmetic } from '../rules/pod-amounts.ts';

/**
 * What each pod asks for of a resource, in thousandths by name: one container of it, or its own amount (KEP-2837), or all
 * that last. Source: calculateRequests of kube-controller-manager.
 * @throws Error where one says nothing
 */
export const requestsOf = (
  pods: readonly Pod[],
  resource: string,
  container: string | undefined,
): ReadonlyMap<string, number> =>
  new Map(pods.map((pod) => [pod.metadata.name, ofPod(pod, resource, container)] as const));

/** Thousandths, rounded up. */
const MILLI: Arithmetic<number> = { ...rounded, read: (_, text) => quantityMilli(text) };

function ofPod({ metadata: { name }, spec }: Pod, resource: string, container: string | undefined): number {
  if (!container && Object.keys(spec?.resources?.requests ?? {}).some(isPodLevelResource)) {
    const amount = podAmounts(spec, 'requests', MILLI)[resource];
    if (amount === undefined) throw new Error(`missing pod-level request for ${resource} in Pod ${name}`);
    return amount;
  }
  const all = lastingContainers(spec);
  const counted = container ? all.filter((each) => each.name === container) : all;
  if (container && counted.length === 0) throw new Error(`container ${container} not found in Pod ${name}`);
  return counted.reduce((sum, { name: own, resources }) => {
    const request = resources?.requests?.[resource];
    if (request === undefined) throw new Error(`missing request for ${resource} in container ${own} of Pod ${name}`);
    return sum + quantityMilli(request);
  }, 0);
}
