import type { PodSpec, ResourceRequirements } from '../../../../schema/types.ts';
import type { Parts } from '../../../meta/object.ts';
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

function isPositive(amount: string | undefined): boolean {
  if (amount === undefined) return false;
  const first = String(amount)[0]!;
  return (first >= '1' && first <= '9') || parseQuantity(String(amount)).nano > 0n;
}
const limitsAll = ({ limits }: Parts<ResourceRequirements>): boolean =>
  COMPUTE.every((name) => isPositive(limits?.[name]));
const isAnyPositive = ({ limits, requests }: Parts<ResourceRequirements>): boolean =>
  COMPUTE.some((name) => isPositive(limits?.[name]) || isPositive(requests?.[name]));
const has = (list: Record<string, string> | undefined): boolean => Object.keys(list ?? {}).some(isPodLevelResource);
const NONE: Parts<ResourceRequirements> = {};

/**
 * Guaranteed, Burstable or BestEffort, from cpu and memory of the pod as a whole where it names them, else of all its
 * containers (pkg/apis/core/helper/qos ComputePodQOS).
 */
export function qosClass(spec: Parts<PodSpec>): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const { resources } = spec;
  const parts =
    resources && (has(resources.requests) || has(resources.limits))
      ? [resources]
      : [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map((container) => container.resources ?? NONE);
  // most pods are not even candidates for the first class: then nothing has to be added up
  if (!parts.every(limitsAll)) return parts.some(isAnyPositive) ? 'Burstable' : 'BestEffort';
  const requests: Sums = new Map();
  const limits: Sums = new Map();
  for (const part of parts) {
    add(requests, part.requests);
    add(limits, part.limits);
  }
  const isLimit = ([name, request]: [string, Quantity]): boolean =>
    limits.has(name) && compareQuantity(request, limits.get(name)!) === 0;
  const equal = requests.size === limits.size && [...requests].every(isLimit);
  return equal ? 'Guaranteed' : 'Burstable';
}
