import type { PodSpec, ResourceRequirements } from '../../../../schema/types.ts';
import { addQuantity, compareQuantity, parseQuantity, type Quantity } from '../../../meta/quantity.ts';
import { isPodLevelResource } from './spec/pod-resources.ts';

const COMPUTE = ['cpu', 'memory'];
type Sums = Map<string, Quantity>;

/** Adds what is above zero. */
function add(sums: Sums, list: Record<string, string> | undefined): void {
  if (!list) return;
  for (const name of COMPUTE) {
    const amount = list[name];
    if (amount === undefined) continue;
    const quantity = parseQuantity(String(amount));
    if (quantity.nano <= 0n) continue;
    const before = sums.get(name);
    sums.set(name, before ? addQuantity(before, quantity) : quantity);
  }
}

const isPositive = (amount: string | undefined): boolean => amount !== undefined && parseQuantity(String(amount)).nano > 0n;
const limitsAll = ({ limits }: ResourceRequirements): boolean => COMPUTE.every((name) => isPositive(limits?.[name]));
const has = (list: Record<string, string> | undefined): boolean => Object.keys(list ?? {}).some(isPodLevelResource);
const NONE: ResourceRequirements = {};

/**
 * Guaranteed, Burstable or BestEffort, from cpu and memory of the pod as a whole where it names them, else of all its
 * containers (pkg/apis/core/helper/qos ComputePodQOS).
 */
export function qosClass(spec: PodSpec): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const { resources } = spec;
  const parts =
    resources && (has(resources.requests) || has(resources.limits))
      ? [resources]
      : [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map((container) => container.resources ?? NONE);
  const requests: Sums = new Map();
  const limits: Sums = new Map();
  for (const part of parts) {
    add(requests, part.requests);
    add(limits, part.limits);
  }
  if (requests.size === 0 && limits.size === 0) return 'BestEffort';
  const isLimit = ([name, request]: [string, Quantity]): boolean => limits.has(name) && compareQuantity(request, limits.get(name)!) === 0;
  const equal = requests.size === limits.size && [...requests].every(isLimit);
  return equal && parts.every(limitsAll) ? 'Guaranteed' : 'Burstable';
}
