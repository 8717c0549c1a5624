import type { Container, Pod, PodSpec } from '../../../schema/types.ts';
import { quantityMilli, quantityValue } from '../../meta/quantity.ts';
import { isSidecar } from '../../rules/containers.ts';
import { exact, hasPodLevelResources, podAmounts, rounded } from '../../rules/pod-amounts.ts';
import { qosClass } from '../../rules/qos-class.ts';
import type { CgroupLimits } from './contract.ts';

const SHARES_PER_CPU = 1024;
export const MIN_SHARES = 2;
const MAX_SHARES = 262_144;
/** µs: of each tenth of a second a container has its part */
export const QUOTA_PERIOD = 100_000;
/** µs: the kernel knows no smaller quota */
const MIN_QUOTA = 1000;

/** The weight of so many thousandths of a cpu. Source: pkg/kubelet/cm MilliCPUToShares. */
export const sharesOf = (milliCpu: number): number =>
  Math.min(MAX_SHARES, Math.max(MIN_SHARES, Math.floor((milliCpu * SHARES_PER_CPU) / 1000)));

/** µs of each period that so many thousandths of a cpu are; -1 for none. Source: pkg/kubelet/cm MilliCPUToQuota. */
export const quotaOf = (milliCpu: number, period = QUOTA_PERIOD): number =>
  milliCpu === 0 ? -1 : Math.max(MIN_QUOTA, Math.floor((milliCpu * period) / 1000));

/** Thousandths of a cpu that were asked for with this weight. Source: pkg/kubelet/kuberuntime sharesToMilliCPU. */
export const milliOfShares = (shares: number): number =>
  shares < MIN_SHARES ? 0 : Math.ceil((shares * 1000) / SHARES_PER_CPU);

/** Thousandths of a cpu that the quota allows, 0 for any. Source: pkg/kubelet/kuberuntime quotaToMilliCPU. */
export const milliOfQuota = (quota: number, period: number): number =>
  quota === -1 ? 0 : Math.floor((quota * 1000) / period);

/**
 * v2's cpu.weight (1 … 10000, 100 by default) for v1's cpu.shares: a curve through both least, both greatest and both
 * default values. Source: opencontainers/cgroups ConvertCPUSharesToCgroupV2Value.
 */
export function weightOfShares(shares: number): number {
  if (shares <= MIN_SHARES) return 1;
  if (shares >= MAX_SHARES) return 10_000;
  const log = Math.log2(shares);
  return Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34));
}

/**
 * v1's cpu.shares that give this weight: the least of them, which is what `weightOfShares` was asked for up to its
 * rounding.
 */
export function sharesOfWeight(weight: number): number {
  let [low, high] = [MIN_SHARES, MAX_SHARES];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (weightOfShares(middle) >= weight) high = middle;
    else low = middle + 1;
  }
  return low;
}

type Amount = 'cpu' | 'memory';
const amount = (list: Readonly<Record<string, string>> | undefined, name: Amount): number => {
  const text = list?.[name];
  if (text === undefined) return 0;
  return name === 'cpu' ? quantityMilli(text) : quantityValue(text);
};

/**
 * Whether every container has a limit. For an init container the limits of the sidecars beside it count as well: the
 * kubelet looks at their sum.
 */
function allLimited(spec: PodSpec, name: Amount): boolean {
  const limited = ({ resources }: Container): boolean => amount(resources?.limits, name) > 0;
  let beside = false;
  for (const container of spec.initContainers ?? []) {
    if (isSidecar(container)) beside ||= limited(container);
    if (!beside && !limited(container)) return false;
  }
  return spec.containers.every(limited);
}

/**
 * The limits of a pod's cgroup: weight by what it requests; a quota or memory limit only where every container has one,
 * or the pod has one for itself. Source: pkg/kubelet/cm ResourceConfigForPod.
 */
export function podLimits(spec: PodSpec): CgroupLimits {
  if (qosClass(spec) === 'BestEffort') return { cpuShares: MIN_SHARES, cpuQuota: -1, memory: -1 };
  const requests = podAmounts(spec, 'requests', exact);
  const limits = podAmounts(spec, 'limits', exact);
  const own = hasPodLevelResources(spec) ? spec.resources?.limits : undefined;
  const declared = (name: Amount): boolean => amount(own, name) > 0 || allLimited(spec, name);
  return {
    cpuShares: sharesOf(quantityMilli(requests['cpu'] ?? 0)),
    cpuQuota: declared('cpu') ? quotaOf(quantityMilli(limits['cpu'] ?? 0)) : -1,
    cpuPeriod: QUOTA_PERIOD,
    memory: declared('memory') ? quantityValue(limits['memory'] ?? 0) || -1 : -1,
  };
}

/**
 * The limits of a container's cgroup; where it has none of its own, those that the pod has for itself. Source:
 * pkg/kubelet/kuberuntime generateLinuxContainerResources.
 */
export function containerLimits(spec: PodSpec, { resources }: Pick<Container, 'resources'>): CgroupLimits {
  const own = hasPodLevelResources(spec) ? spec.resources?.limits : undefined;
  const limit = (name: Amount): number => amount(resources?.limits, name) || amount(own, name);
  const request = resources?.requests?.['cpu'] === undefined ? limit('cpu') : amount(resources.requests, 'cpu');
  return {
    cpuShares: sharesOf(request),
    cpuQuota: quotaOf(limit('cpu')),
    cpuPeriod: QUOTA_PERIOD,
    memory: limit('memory') || -1,
  };
}

/** Thousandths of a cpu that all Burstable pods request, by which their class is weighed against the others. */
export const burstableMilli = (pods: readonly Pod[]): number =>
  pods
    .filter(({ spec }) => qosClass(spec) === 'Burstable')
    .reduce((sum, { spec }) => sum + (podAmounts(spec, 'requests', rounded)['cpu'] ?? 0), 0);
