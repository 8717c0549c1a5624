import { describe, expect, it } from 'vitest';
import { Pressure } from '../../../src/nodes/eviction/pressure.ts';
import { observe } from '../../../src/nodes/eviction/signals.ts';
import { DEFAULT_EVICTION, parseThresholds, type EvictionSettings } from '../../../src/nodes/eviction/thresholds.ts';
import type { NodeUsage } from '../../../src/nodes/usage/node-usage.ts';
import { disk, Gi, memory, Mi, nodeUsage } from './given-usage.ts';

const open = (settings: Partial<EvictionSettings>, transitionMs = 60_000) =>
  new Pressure(parseThresholds({ ...DEFAULT_EVICTION, hard: {}, ...settings }), transitionMs);

describe('pressure', () => {
  it.each<[string, Partial<NodeUsage>, string[]]>([
    ['nothing is short', {}, []],
    ['memory is', { memory: memory(99 * Mi) }, ['MemoryPressure']],
    ['memory is just enough', { memory: memory(100 * Mi) }, []],
    [
      'the memory of all pods is',
      { pods: { cpuNanoseconds: 0, workingSet: 4 * Gi - Mi, rss: 0, pids: 9, memoryLimit: 4 * Gi } },
      ['MemoryPressure'],
    ],
    ['the disk is', { fs: disk(4 * Gi) }, ['DiskPressure']],
    ['files of the disk are', { fs: disk(50 * Gi, 49) }, ['DiskPressure']],
    ['the disk counts no files', { fs: { ...disk(50 * Gi), inodes: 0, inodesFree: 0 } }, []],
    ['the images’ disk is', { imageFs: { ...disk(4 * Gi), imagesBytes: 0 } }, ['DiskPressure']],
    ['processes are, which nobody asked to be watched', { pids: { max: 100, current: 100 } }, []],
    ['memory and disk are', { memory: memory(0), fs: disk(0) }, ['DiskPressure', 'MemoryPressure']],
  ])('by the default thresholds, when %s', (_, less, conditions) => {
    const pressure = open({ hard: DEFAULT_EVICTION.hard });
    expect(pressure.look(observe(nodeUsage(less)), 0).conditions).toEqual(conditions);
  });

  it('of processes is watched when it is asked for', () => {
    const pressure = open({ hard: { 'pid.available': '10%' } });
    const found = pressure.look(observe(nodeUsage({ pids: { max: 100, current: 91 } })), 0);
    expect(found.conditions).toEqual(['PIDPressure']);
    expect(found.evict.map(({ signal }) => signal)).toEqual(['pid.available']);
  });

  // one look a line: time in s, memory that is free in Mi, whether the condition holds, whether pods are evicted
  it.each<[string, Partial<EvictionSettings>, [number, number, boolean, boolean][]]>([
    [
      'a hard threshold: at once, and the condition stays for a while',
      { hard: { 'memory.available': '100Mi' } },
      [
        [0, 200, false, false],
        [10, 50, true, true],
        [20, 150, true, false],
        [69, 150, true, false],
        [70, 150, false, false],
      ],
    ],
    [
      'a soft threshold: after its grace, counted anew when it was over',
      { soft: { 'memory.available': '100Mi' }, softGracePeriod: { 'memory.available': '30s' } },
      [
        [0, 50, true, false],
        [20, 50, true, false],
        [25, 150, true, false],
        [30, 50, true, false],
        [59, 50, true, false],
        [60, 50, true, true],
      ],
    ],
    [
      'a minimum to reclaim: until as much more is free',
      { hard: { 'memory.available': '100Mi' }, minimumReclaim: { 'memory.available': '50Mi' } },
      [
        [0, 120, false, false],
        [10, 90, true, true],
        [20, 120, true, true],
        [30, 149, true, true],
        [40, 150, true, false],
        [50, 120, true, false],
      ],
    ],
  ])('of %s', (_, settings, looks) => {
    const pressure = open(settings);
    const seen = looks.map(([seconds, free]) => {
      const { conditions, evict } = pressure.look(observe(nodeUsage({ memory: memory(free * Mi) })), seconds * 1000);
      return [seconds, free, conditions.length > 0, evict.length > 0];
    });
    expect(seen).toEqual(looks);
  });
});
