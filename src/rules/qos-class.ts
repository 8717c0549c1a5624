import type { ResourceRequirements } from '../../schema/types.ts';
import type { Parts } from '../meta/object.ts';
import { compareAmounts, compareQuantity, parseQuantity, type Quantity } from '../meta/quantity.ts';
import { addAmounts, exact, type Amounts, type List, type SpecOfAmounts } from './pod-amounts.ts';

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

type Resources = Parts<ResourceRequirements>;
const COMPUTE = ['cpu', 'memory'];

function isPositive(amount: string | undefined): boolean {
  if (amount === undefined) return false;
  const first = String(amount)[0]!;
  return (first >= '1' && first <= '9') || parseQuantity(String(amount)).nano > 0n;
}
const limitsAll = ({ limits }: Resources): boolean => COMPUTE.every((name) => isPositive(limits?.[name]));
const isAnyPositive = ({ limits, requests }: Resources): boolean =>
  COMPUTE.some((name) => isPositive(limits?.[name]) || isPositive(requests?.[name]));

/** Of one that has limits. */
const isAllItMayUse = ({ limits, requests }: Resources, name: string): boolean =>
  isPositive(requests?.[name]) && compareAmounts(String(requests![name]), String(limits?.[name])) === 0;

/** What is above zero of cpu and memory. */
function positive(list: List | undefined): Amounts<Quantity> {
  const amounts: Amounts<Quantity> = {};
  for (const name of COMPUTE) if (isPositive(list?.[name])) amounts[name] = exact.read(name, list![name]!);
  return amounts;
}

const NONE: Resources = {};

/**
 * Guaranteed where every container limits cpu and memory and all requests equal the limits, BestEffort where nothing
 * asks for anything, else Burstable. Where the pod has resources of its own, these alone decide (KEP-2837), empty ones
 * too. Source: pkg/apis/core/v1/helper/qos ComputePodQOS.
 */
export function qosClass(spec: SpecOfAmounts | undefined): QosClass {
  const parts = spec?.resources
    ? [spec.resources]
    : [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].map(({ resources }) => resources ?? NONE);
  // most pods are not even candidates for the first class: then nothing has to be added up
  if (!parts.every(limitsAll)) return parts.some(isAnyPositive) ? 'Burstable' : 'BestEffort';
  const [only = NONE] = parts;
  // nothing to add up either
  if (parts.length === 1) return COMPUTE.every((name) => isAllItMayUse(only, name)) ? 'Guaranteed' : 'Burstable';
  const requests: Amounts<Quantity> = {};
  const limits: Amounts<Quantity> = {};
  for (const part of parts) {
    addAmounts(requests, positive(part.requests), exact);
    addAmounts(limits, positive(part.limits), exact);
  }
  const equal = COMPUTE.every((name) => {
    const [request, limit] = [requests[name], limits[name]];
    return request && limit ? compareQuantity(request, limit) === 0 : request === limit;
  });
  if (parts.length === 0) return 'BestEffort';
  return equal ? 'Guaranteed' : 'Burstable';
}
