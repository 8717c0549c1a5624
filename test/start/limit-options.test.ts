import { describe, expect, it } from 'vitest';
import { DEFAULT_EVICTION } from '../../src/nodes/eviction/thresholds.ts';
import { limitOptions } from '../../src/start/limit-options.ts';

describe('options of limits', () => {
  it('are those of small distributions when nothing is said', () => {
    expect(limitOptions({})).toEqual({
      required: false,
      systemReserved: {},
      kubeReserved: {},
      eviction: DEFAULT_EVICTION,
    });
  });

  it('are the kubelet’s', () => {
    const options = limitOptions({
      'pod-max-pids': '1024',
      'require-limits': true,
      'system-reserved': 'cpu=500m,memory=1Gi',
      'eviction-hard': 'memory.available<1Gi,nodefs.available<10%',
      'eviction-soft': 'memory.available<2Gi',
      'eviction-soft-grace-period': 'memory.available=1m30s',
      'eviction-minimum-reclaim': 'nodefs.available=1Gi',
      'eviction-pressure-transition-period': '1m',
      'eviction-max-pod-grace-period': '60',
    });
    expect(options).toEqual({
      podPids: 1024,
      required: true,
      systemReserved: { cpu: '500m', memory: '1Gi' },
      kubeReserved: {},
      eviction: {
        hard: { 'memory.available': '1Gi', 'nodefs.available': '10%' },
        soft: { 'memory.available': '2Gi' },
        softGracePeriod: { 'memory.available': '1m30s' },
        minimumReclaim: { 'nodefs.available': '1Gi' },
        pressureTransitionMs: 60_000,
        maxPodGraceSeconds: 60,
      },
    });
  });

  it.each([
    [{ 'pod-max-pids': '0' }, '--pod-max-pids: 0 is not a number of processes'],
    [{ 'system-reserved': 'cpu' }, '--system-reserved: cpu is not NAME=AMOUNT'],
    [{ 'kube-reserved': 'cpu=much' }, '--kube-reserved: quantities must match'],
    [{ 'eviction-hard': 'memory.available=1Gi' }, '--eviction-hard: memory.available=1Gi is not NAME<AMOUNT'],
    [{ 'eviction-hard': 'cpu.available<1' }, 'unsupported eviction signal cpu.available'],
    [{ 'eviction-soft': 'memory.available<1Gi' }, 'grace period must be specified'],
    [
      { 'eviction-pressure-transition-period': 'soon' },
      '--eviction-pressure-transition-period: soon is not a duration',
    ],
    [{ 'eviction-max-pod-grace-period': '-1' }, '--eviction-max-pod-grace-period: -1 is not a number'],
  ])('that are none are refused: %o', (values, message) => expect(() => limitOptions(values)).toThrow(message));
});
