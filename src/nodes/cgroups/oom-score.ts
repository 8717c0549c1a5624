import type { Container, Pod, PodSpec } from '../../../schema/types.ts';
import { quantityValue } from '../../meta/quantity.ts';
import { isSidecar } from '../../rules/containers.ts';
import { containerAmounts, isPodLevelResource, rounded } from '../../rules/pod-amounts.ts';
import { qosClass } from '../../rules/qos-class.ts';

const GUARANTEED = -997;
const BEST_EFFORT = 1000;
/** Burstable: after every BestEffort container, before every Guaranteed one. */
const LEAST = 1000 + GUARANTEED;
const MOST = BEST_EFFORT - 1;
const SYSTEM_CRITICAL = 2_000_000_000;

const memoryRequest = ({ resources }: Pick<PodSpec, 'resources'>): number =>
  quantityValue(resources?.requests?.['memory'] ?? 0);

const isNodeCritical = ({ priority = 0, priorityClassName }: PodSpec): boolean =>
  priority >= SYSTEM_CRITICAL && priorityClassName === 'system-node-critical';

/** Bytes for each container of what the pod requests for itself and no container of it has asked for. */
function share(spec: PodSpec): number {
  const requested = memoryRequest(spec);
  if (!requested) return 0;
  const asked = containerAmounts(spec, 'requests', rounded)['memory'] ?? 0;
  return Math.trunc((requested - asked) / (spec.containers.length + (spec.initContainers?.length ?? 0)));
}

/**
 * How readily the kernel kills a container's processes when memory is short, -997 … 1000: the less memory a container
 * asked for, the sooner. Sidecars go no sooner than the containers that they serve. Source: pkg/kubelet/qos
 * GetContainerOOMScoreAdjust.
 * @param capacity bytes of the node's memory
 */
export function oomScoreAdjust({ spec }: Pick<Pod, 'spec'>, container: Container, capacity: number): number {
  if (!spec) return BEST_EFFORT;
  if (isNodeCritical(spec)) return GUARANTEED;
  const quality = qosClass(spec);
  if (quality === 'Guaranteed') return GUARANTEED;
  if (quality === 'BestEffort') return BEST_EFFORT;
  const extra = Object.keys(spec.resources?.requests ?? {}).some(isPodLevelResource) ? share(spec) : 0;
  const scoreOf = (request: number): number => 1000 - Math.trunc((1000 * (request + extra)) / capacity);
  let score = scoreOf(memoryRequest(container));
  if (isSidecar(container) && spec.initContainers?.some(({ name }) => name === container.name)) {
    score = Math.min(score, scoreOf(Math.min(...spec.containers.map(memoryRequest))));
  }
  return Math.min(MOST, Math.max(LEAST, score));
}
