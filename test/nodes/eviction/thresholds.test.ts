import { describe, expect, it } from 'vitest';
import { formatQuantity, parseQuantity, quantityOf } from '../../../src/meta/quantity.ts';
import {
  DEFAULT_EVICTION,
  parseThresholds,
  quantityWithin,
  type EvictionSettings,
} from '../../../src/nodes/eviction/thresholds.ts';
import { nodeAllocatable } from '../../../src/nodes/node-allocatable.ts';

const none: EvictionSettings = { ...DEFAULT_EVICTION, hard: {} };
const parsed = (settings: Partial<EvictionSettings>) => parseThresholds({ ...none, ...settings });

describe('thresholds', () => {
  it('are read from signals and amounts; those of memory hold for all pods together too', () => {
    expect(parsed({ hard: { 'memory.available': '100Mi', 'nodefs.available': '10%' } })).toEqual([
      { signal: 'memory.available', amount: parseQuantity('100Mi'), graceMs: 0 },
      { signal: 'nodefs.available', amount: 0.1, graceMs: 0 },
      { signal: 'allocatableMemory.available', amount: parseQuantity('100Mi'), graceMs: 0 },
    ]);
  });

  it('that are soft have a grace period, and any may have a minimum to reclaim', () => {
    const [threshold, more] = parsed({
      soft: { 'memory.available': '1Gi' },
      softGracePeriod: { 'memory.available': '1m30s' },
      minimumReclaim: { 'memory.available': '5%' },
    });
    expect(threshold).toEqual({
      signal: 'memory.available',
      amount: parseQuantity('1Gi'),
      graceMs: 90_000,
      minReclaim: 0.05,
    });
    expect(more).toBeUndefined();
  });

  it.each(['0%', '100%'])('of %s are put off', (text) =>
    expect(parsed({ hard: { 'pid.available': text } })).toEqual([]),
  );

  it.each<[string, Partial<EvictionSettings>, string]>([
    ['an unknown signal', { hard: { 'cpu.available': '1' } }, 'unsupported eviction signal cpu.available'],
    ['an unknown signal to reclaim', { minimumReclaim: { x: '1' } }, 'unsupported eviction signal x'],
    ['nothing', { hard: { 'memory.available': '0' } }, 'eviction threshold memory.available must be positive: 0'],
    ['less than nothing', { hard: { 'memory.available': '-1%' } }, 'must be >= 0%: -1%'],
    ['more than all', { hard: { 'memory.available': '101%' } }, 'must be <= 100%: 101%'],
    ['no amount', { hard: { 'memory.available': 'much' } }, 'quantities must match the regular expression'],
    [
      'a soft one without grace',
      { soft: { 'memory.available': '1Gi' } },
      'grace period must be specified for the soft eviction threshold memory.available',
    ],
    [
      'a grace that is none',
      { soft: { 'memory.available': '1Gi' }, softGracePeriod: { 'memory.available': 'soon' } },
      'time: invalid duration "soon"',
    ],
    [
      'a negative grace',
      { soft: { 'memory.available': '1Gi' }, softGracePeriod: { 'memory.available': '-1s' } },
      'invalid eviction grace period specified: -1s, must be a positive value',
    ],
    [
      'nothing to reclaim',
      { hard: { 'memory.available': '1Gi' }, minimumReclaim: { 'memory.available': '0%' } },
      'eviction percentage minimum reclaim memory.available must be positive: 0%',
    ],
  ])('refuse %s', (_, settings, message) => expect(() => parsed(settings)).toThrow(message));

  it('that are parts are of the capacity, in whole units', () => {
    expect(formatQuantity(quantityWithin(0.1, quantityOf(1005, 'BinarySI')))).toBe('100');
    expect(formatQuantity(quantityWithin(parseQuantity('1Gi'), quantityOf(1005)))).toBe('1Gi');
  });
});

describe('what pods may request of a node', () => {
  const capacity = { cpu: '4', memory: '8388608Ki', 'ephemeral-storage': '1000Ki', pods: '110' };
  it.each([
    ['all but what must stay free', {}, { ...capacity, memory: '8092Mi', 'ephemeral-storage': '950Ki' }],
    ['all, where nothing must', { eviction: none }, { ...capacity, memory: '8Gi' }],
    [
      'not what is reserved',
      { eviction: none, systemReserved: { cpu: '500m', memory: '1Gi' }, kubeReserved: { cpu: '100m' } },
      { ...capacity, cpu: '3400m', memory: '7Gi' },
    ],
    ['never less than nothing', { eviction: none, kubeReserved: { memory: '9Gi' } }, { ...capacity, memory: '0' }],
  ])('is %s', (_, limits, allocatable) => expect(nodeAllocatable(capacity, limits)).toEqual(allocatable));
});
