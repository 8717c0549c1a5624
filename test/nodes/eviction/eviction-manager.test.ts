import { beforeEach, describe, expect, it } from 'vitest';
import { EvictionManager } from '../../../src/nodes/eviction/eviction-manager.ts';
import { DEFAULT_EVICTION, type EvictionSettings } from '../../../src/nodes/eviction/thresholds.ts';
import type { NodeUsage } from '../../../src/nodes/usage/node-usage.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { disk, Gi, memory, Mi, nodeUsage, podUsage } from './given-usage.ts';

let usage: NodeUsage;
let journal: string[];
let clock: FakeClock;
let freed: NodeUsage | undefined;

const open = (settings: Partial<EvictionSettings> = {}, read = async () => usage): EvictionManager =>
  new EvictionManager({
    settings: { ...DEFAULT_EVICTION, ...settings },
    clock,
    read,
    async evict({ pod }, { reason, message, disruption }, graceMs) {
      journal.push(`${reason} ${pod.metadata.name} in ${graceMs} ms${disruption === message ? ' for the node' : ''}`);
    },
    async reclaimImages() {
      journal.push('images');
      usage = freed ?? usage;
    },
    changed: (conditions) => void journal.push(`conditions ${conditions.join(' ')}`),
    event: (reason, message) => void journal.push(`${reason}: ${message}`),
    log: (message) => void journal.push(message),
  });

beforeEach(() => {
  clock = new FakeClock();
  journal = [];
  freed = undefined;
  const critical = { priority: 2_000_000_000, priorityClassName: 'system-cluster-critical' };
  const each = [
    podUsage('critical', critical, { workingSet: 2 * Gi }),
    podUsage('large', {}, { workingSet: Gi }),
    podUsage('small', {}, { workingSet: Mi }),
  ];
  usage = nodeUsage({ each });
});

describe('eviction', () => {
  it('leaves a node alone that has enough', async () => {
    expect(await open().look()).toEqual([]);
    expect(journal).toEqual([]);
  });

  it('ends one pod a look while memory is short, never one that the cluster needs', async () => {
    const manager = open();
    usage = { ...usage, memory: memory(10 * Mi) };
    expect(await manager.look()).toEqual(['large']);
    usage = { ...usage, each: usage.each.filter(({ pod }) => pod.metadata.name !== 'large') };
    expect(await manager.look()).toEqual(['small']);
    usage = { ...usage, each: usage.each.slice(0, 1) };
    expect(await manager.look()).toEqual([]);
    const said = 'EvictionThresholdMet: Attempting to reclaim memory';
    expect(journal).toEqual([
      'conditions MemoryPressure',
      said,
      'Evicted large in 1000 ms for the node',
      said,
      'Evicted small in 1000 ms for the node',
      said,
    ]);
  });

  it('reclaims memory before the disk', async () => {
    usage = { ...usage, memory: memory(0), fs: disk(0) };
    await open().look();
    expect(journal).toEqual([
      'conditions DiskPressure MemoryPressure',
      'EvictionThresholdMet: Attempting to reclaim memory',
      'Evicted large in 1000 ms for the node',
    ]);
  });

  it.each([
    ['first, and no pod when that is enough', true, []],
    ['first, and a pod when that is not enough', false, ['Evicted critical']],
  ])('for the disk removes images %s', async (_, enough, rest) => {
    usage = { ...usage, fs: disk(Gi), each: usage.each.slice(1) };
    if (enough) freed = { ...usage, fs: disk(50 * Gi) };
    await open().look();
    expect(journal.slice(0, 3)).toEqual([
      'conditions DiskPressure',
      'EvictionThresholdMet: Attempting to reclaim ephemeral-storage',
      'images',
    ]);
    expect(journal.length).toBe(3 + rest.length);
  });

  it.each([
    ['as it asks for', 60, 5, 5000],
    ['as the node lets it at most', 3, 30, 3000],
  ])('gives a pod time when a soft threshold is passed: %s', async (_, most, own, ms) => {
    const manager = open({
      hard: {},
      soft: { 'memory.available': '1Gi' },
      softGracePeriod: { 'memory.available': '1m' },
      maxPodGraceSeconds: most,
    });
    usage = { ...usage, memory: memory(Gi - 1), each: [podUsage('p', { terminationGracePeriodSeconds: own })] };
    expect(await manager.look()).toEqual([]);
    await clock.advance(60_000);
    expect(await manager.look()).toEqual(['p']);
    expect(journal.at(-1)).toBe(`Evicted p in ${ms} ms for the node`);
  });

  it('ends every pod that uses more storage than it may, for its own sake', async () => {
    const volumes = [{ name: 'v', ...disk(Gi), usedBytes: 2 * Mi, inodesUsed: 1, ephemeral: true }];
    const spec = { volumes: [{ name: 'v', emptyDir: { sizeLimit: '1Mi' } }] };
    usage = { ...usage, each: ['a', 'b'].map((name) => podUsage(name, spec, { volumes })) };
    expect(await open().look()).toEqual(['a', 'b']);
    expect(journal).toEqual(['Evicted a in 1000 ms', 'Evicted b in 1000 ms']);
  });

  it('looks every ten seconds, whatever goes wrong, until it is stopped', async () => {
    let looks = 0;
    const manager = open({}, async () => {
      if (++looks === 2) throw new Error('no');
      return usage;
    });
    manager.start();
    await clock.advance(25_000);
    expect([looks, journal]).toEqual([3, ['the node could not be looked at']]);
    manager.stop();
    await clock.advance(60_000);
    expect(looks).toBe(3);
  });
});
