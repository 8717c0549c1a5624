import { describe, expect, it } from 'vitest';
import type { Container, PodSpec, ResourceRequirements } from '../../../schema/types.ts';
import {
  containerLimits,
  milliOfQuota,
  milliOfShares,
  podLimits,
  quotaOf,
  sharesOf,
  sharesOfWeight,
  weightOfShares,
} from '../../../src/nodes/cgroups/figures.ts';
import { oomScoreAdjust } from '../../../src/nodes/cgroups/oom-score.ts';

describe('figures of a cgroup are the kubelet’s', () => {
  it.each([
    [0, 2],
    [1, 2],
    [2, 2],
    [3, 3],
    [100, 102],
    [1000, 1024],
    [1500, 1536],
    [300_000, 262_144],
  ])('%i thousandths of a cpu weigh %i', (milli, shares) => expect(sharesOf(milli)).toBe(shares));

  it.each([
    [0, -1],
    [1, 1000],
    [5, 1000],
    [10, 1000],
    [11, 1100],
    [250, 25_000],
    [2000, 200_000],
  ])('%i thousandths of a cpu are %i µs of each 100 ms', (milli, quota) => expect(quotaOf(milli)).toBe(quota));

  it.each([
    [2, 1],
    [3, 2],
    [102, 17],
    [1022, 100],
    [1024, 100],
    [1640, 146],
    [2048, 174],
    [262_144, 10_000],
  ])('shares of %i are a weight of %i', (shares, weight) => expect(weightOfShares(shares)).toBe(weight));

  it('every weight has shares that give it', () => {
    for (let weight = 1; weight <= 10_000; weight++) {
      const shares = sharesOfWeight(weight);
      expect(weightOfShares(shares)).toBeGreaterThanOrEqual(weight);
      if (shares > 2) expect(weightOfShares(shares - 1)).toBeLessThan(weight);
    }
  });

  it('what was asked for is known again from what was set', () => {
    expect([100, 250, 1000].map((milli) => milliOfShares(sharesOf(milli)))).toEqual([100, 250, 1000]);
    expect([10, 250, 1000].map((milli) => milliOfQuota(quotaOf(milli), 100_000))).toEqual([10, 250, 1000]);
    expect([milliOfShares(0), milliOfQuota(-1, 100_000)]).toEqual([0, 0]);
  });
});

type Amounts = readonly [cpu?: string | undefined, memory?: string];
const list = ([cpu, memory]: Amounts) => ({ ...(cpu && { cpu }), ...(memory && { memory }) });
const resources = (limits: Amounts, requests: Amounts = limits): ResourceRequirements => ({
  limits: list(limits),
  requests: list(requests),
});
const container = (own: ResourceRequirements, more: Partial<Container> = {}): Container =>
  ({ name: 'c', image: 'i', resources: own, ...more }) as Container;
const Mi = 2 ** 20;

// Expected: what the kubelet's own functions give for the same pods.
const PODS: readonly { pod: string; spec: PodSpec; shares: number; quota: number; memory: number }[] = [
  { pod: 'BestEffort', spec: { containers: [container({})] }, shares: 2, quota: -1, memory: -1 },
  {
    pod: 'Guaranteed',
    spec: { containers: [container(resources(['1', '128Mi'])), container(resources(['500m', '64Mi']))] },
    shares: 1536,
    quota: 150_000,
    memory: 192 * Mi,
  },
  {
    pod: 'Burstable, one container without limits',
    spec: { containers: [container(resources(['1', '128Mi'], ['100m', '64Mi'])), container({})] },
    shares: 102,
    quota: -1,
    memory: -1,
  },
  {
    pod: 'Burstable, memory of all limited',
    spec: { containers: [container(resources([undefined, '128Mi'], ['100m', '64Mi']))] },
    shares: 102,
    quota: -1,
    memory: 128 * Mi,
  },
  {
    pod: 'limits of the pod alone',
    spec: { containers: [container({}), container({})], resources: resources(['200m', '100Mi'], ['100m', '50Mi']) },
    shares: 102,
    quota: 20_000,
    memory: 100 * Mi,
  },
  {
    pod: 'a large init container',
    spec: {
      containers: [container(resources(['100m', '10Mi']))],
      initContainers: [container(resources(['2', '1Gi']), { name: 'i' })],
    },
    shares: 2048,
    quota: 200_000,
    memory: 1024 * Mi,
  },
  {
    pod: 'an init container without limits beside a sidecar with them',
    spec: {
      containers: [container(resources(['100m', '10Mi']))],
      initContainers: [
        container(resources(['100m', '20Mi']), { name: 's', restartPolicy: 'Always' }),
        container({}, { name: 'i' }),
      ],
    },
    shares: 204,
    quota: 20_000,
    memory: 30 * Mi,
  },
];

describe('a pod’s cgroup', () => {
  it.each(PODS)('$pod', ({ spec, shares, quota, memory }) => {
    const { cpuShares, cpuQuota, memory: bytes } = podLimits(spec);
    expect({ cpuShares, cpuQuota, bytes }).toEqual({ cpuShares: shares, cpuQuota: quota, bytes: memory });
  });
});

describe('a container’s cgroup', () => {
  it.each([
    ['nothing', {}, undefined, { cpuShares: 2, cpuQuota: -1, memory: -1 }],
    ['a request', { requests: { cpu: '250m' } }, undefined, { cpuShares: 256, cpuQuota: -1, memory: -1 }],
    [
      'a limit, which is the request too',
      { limits: { cpu: '250m', memory: '1e6' } },
      undefined,
      { cpuShares: 256, cpuQuota: 25_000, memory: 1e6 },
    ],
    ['nothing in a pod with limits', {}, resources(['200m', '1Mi']), { cpuShares: 204, cpuQuota: 20_000, memory: Mi }],
    [
      'more than nothing in a pod with limits',
      { limits: { cpu: '50m' }, requests: { cpu: '10m' } },
      resources(['200m', '1Mi']),
      { cpuShares: 10, cpuQuota: 5000, memory: Mi },
    ],
  ])('that asks for %s', (_, own, ofPod, expected) => {
    const one = container(own);
    const spec: PodSpec = { containers: [one], ...(ofPod && { resources: ofPod }) };
    expect(containerLimits(spec, one)).toEqual({ cpuPeriod: 100_000, ...expected });
  });
});

describe('the order in which the kernel kills', () => {
  const GiB = 2 ** 30;
  const score = (spec: PodSpec, one: Container = spec.containers[0]!): number => oomScoreAdjust({ spec }, one, 8 * GiB);
  const sidecar = container({}, { name: 's', restartPolicy: 'Always' });
  const critical = { priority: 2_000_001_000, priorityClassName: 'system-node-critical' };
  it.each<[string, number, number]>([
    ['BestEffort', score({ containers: [container({})] }), 1000],
    ['Guaranteed', score({ containers: [container(resources(['1', '1Gi']))] }), -997],
    ['critical for the node', score({ containers: [container({})], ...critical }), -997],
    ['Burstable that asks for no memory', score({ containers: [container({ requests: { cpu: '1' } })] }), 999],
    ['Burstable with an eighth', score({ containers: [container({ requests: { memory: '1Gi' } })] }), 875],
    ['Burstable with all', score({ containers: [container({ requests: { memory: '8Gi' } })] }), 3],
    [
      'a sidecar beside what asks for a quarter',
      score({ containers: [container({ requests: { memory: '2Gi' } })], initContainers: [sidecar] }, sidecar),
      750,
    ],
    [
      'a container with its part of what the pod asks for',
      score({ containers: [container({}), container({})], resources: { requests: { memory: '4Gi' } } }),
      750,
    ],
  ])('%s', (_, actual, expected) => expect(actual).toBe(expected));
});
