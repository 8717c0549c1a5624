import { describe, expect, it } from 'vitest';
import type { PodSpec } from '../../../schema/types.ts';
import { evictionMessage } from '../../../src/nodes/eviction/messages.ts';
import { ranked } from '../../../src/nodes/eviction/rank.ts';
import { observe } from '../../../src/nodes/eviction/signals.ts';
import { exceededStorage } from '../../../src/nodes/eviction/storage-limits.ts';
import { DEFAULT_EVICTION, parseThresholds } from '../../../src/nodes/eviction/thresholds.ts';
import { disk, Gi, memory, Mi, nodeUsage, podUsage, usedBy } from './given-usage.ts';

const asking = (requests: Record<string, string>, more: Partial<PodSpec> = {}): Partial<PodSpec> => ({
  containers: [{ name: 'c', resources: { requests } }],
  ...more,
});
const names = (pods: ReturnType<typeof ranked>): string[] => pods.map(({ pod }) => pod.metadata.name);

describe('the order in which pods are evicted', () => {
  it('for memory: who uses more than requested, then by priority, then by how much more', () => {
    const pods = [
      podUsage('within', asking({ memory: '2Gi' }), { workingSet: Gi }),
      podUsage('within-more', asking({ memory: '2Gi' }), { workingSet: 2 * Gi - Mi }),
      podUsage('over', asking({ memory: '1Gi' }), { workingSet: Gi + 10 * Mi }),
      podUsage('best-effort', {}, { workingSet: 20 * Mi }),
      podUsage('important', { priority: 1000 }, { workingSet: 3 * Gi }),
      podUsage('important-within', asking({ memory: '4Gi' }, { priority: 1000 }), { workingSet: 3 * Gi }),
    ];
    expect(names(ranked(pods, 'memory'))).toEqual([
      'best-effort',
      'over',
      'important',
      'within-more',
      'within',
      'important-within',
    ]);
  });

  it('for storage and its files: by what goes with the pod', () => {
    const pods = [
      podUsage('a', asking({ 'ephemeral-storage': '1Gi' }), { ephemeral: { usedBytes: Gi, inodesUsed: 900 } }),
      podUsage('b', {}, { ephemeral: { usedBytes: Mi, inodesUsed: 10 } }),
      podUsage('c', {}, { ephemeral: { usedBytes: 2 * Mi, inodesUsed: 5 } }),
    ];
    expect(names(ranked(pods, 'ephemeral-storage'))).toEqual(['c', 'b', 'a']);
    // nothing is requested of inodes, so all use more; what was requested of storage is taken off all the same
    expect(names(ranked(pods, 'inodes'))).toEqual(['b', 'c', 'a']);
  });

  it('for processes: by priority, then by how many', () => {
    const pods = [
      podUsage('few', {}, { pids: 2 }),
      podUsage('many', {}, { pids: 200 }),
      podUsage('important', { priority: 1 }, { pids: 1000 }),
    ];
    expect(names(ranked(pods, 'pids'))).toEqual(['many', 'few', 'important']);
  });
});

describe('what is said of a pod that is evicted', () => {
  const thresholds = parseThresholds(DEFAULT_EVICTION);

  it('for memory', () => {
    const observations = observe(nodeUsage({ memory: memory(50 * Mi) }));
    const usage = podUsage('p', asking({ memory: '1Mi' }), {
      containers: [usedBy('c', { workingSet: 2 * Mi }), usedBy('sidecar', { workingSet: 0 })],
    });
    expect(evictionMessage(usage, 'memory', thresholds, observations)).toBe(
      'The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. ' +
        'Container c was using 2Mi, request is 1Mi, has larger consumption of memory. ',
    );
  });

  it('for memory of a pod with resources of its own', () => {
    const usage = podUsage(
      'p',
      { containers: [{ name: 'c' }], resources: { requests: { memory: '1Mi' } } },
      { workingSet: 3 * Mi },
    );
    expect(evictionMessage(usage, 'memory', [], new Map())).toBe(
      'The node was low on resource: memory. ' +
        'Pod p was using 3Mi, request is 1Mi, has larger consumption of memory. ',
    );
  });

  it('for storage', () => {
    const observations = observe(nodeUsage({ fs: disk(Gi) }));
    const usage = podUsage(
      'p',
      {},
      {
        containers: [
          usedBy('c', { rootfs: { usedBytes: 1500, inodesUsed: 1 }, logs: { usedBytes: 548, inodesUsed: 1 } }),
        ],
      },
    );
    expect(evictionMessage(usage, 'ephemeral-storage', thresholds, observations)).toBe(
      // a twentieth, as the kubelet's numbers of 32 bits have it
      'The node was low on resource: ephemeral-storage. Threshold quantity: 5368709200, available: 1Gi. ' +
        'Container c was using 2Ki, request is 0, has larger consumption of ephemeral-storage. ',
    );
  });
});

describe('storage that a pod may not use', () => {
  const folder = (usedBytes: number) => ({ usedBytes, inodesUsed: 1 });
  const volume = (usedBytes: number) => ({ name: 'v', ...disk(Gi), usedBytes, inodesUsed: 1, ephemeral: true });
  const limited = (limit: string): Partial<PodSpec> => ({
    containers: [{ name: 'c', resources: { limits: { 'ephemeral-storage': limit } } }, { name: 'd' }],
  });
  it.each([
    [
      'an emptyDir within its size',
      { volumes: [{ name: 'v', emptyDir: { sizeLimit: '1Mi' } }] },
      { volumes: [volume(Mi)] },
      undefined,
    ],
    [
      'an emptyDir beyond its size',
      { volumes: [{ name: 'v', emptyDir: { sizeLimit: '1Mi' } }] },
      { volumes: [volume(Mi + 1)] },
      'Usage of EmptyDir volume "v" exceeds the limit "1Mi". ',
    ],
    ['one without a size', { volumes: [{ name: 'v', emptyDir: {} }] }, { volumes: [volume(Gi)] }, undefined],
    [
      'one of size 0, which is none',
      { volumes: [{ name: 'v', emptyDir: { sizeLimit: '0' } }] },
      { volumes: [volume(1)] },
      undefined,
    ],
    [
      'a pod beyond the limits of its containers',
      limited('2Mi'),
      { ephemeral: folder(2 * Mi + 1) },
      'Pod ephemeral local storage usage exceeds the total limit of containers 2Mi. ',
    ],
    [
      'a container beyond its limit',
      limited('1Mi'),
      { containers: [usedBy('c', { rootfs: folder(Mi), logs: folder(1) })] },
      'Container c exceeded its local ephemeral storage limit "1Mi". ',
    ],
    ['a container that has none', limited('1Mi'), { containers: [usedBy('d', { rootfs: folder(Gi) })] }, undefined],
    ['one that has not been measured', limited('1Mi'), { containers: [usedBy('c', { rootfs: undefined })] }, undefined],
  ])('%s', (_, spec, used, message) => expect(exceededStorage(podUsage('p', spec, used))).toBe(message));
});
