import { describe, expect, test } from 'vitest';
import type { Pod } from '../../schema/types.ts';
import { isPodActive, isPodAvailable, isPodReady, isPodTerminal, isPodTerminating } from '../../src/rules/pods.ts';

const NOW = Date.parse('2026-01-01T00:01:00Z');
const pod = (phase: string, ready?: { status: string; lastTransitionTime?: string }, deleted = false): Pod =>
  ({
    metadata: { name: 'p', ...(deleted && { deletionTimestamp: '2026-01-01T00:00:30Z' }) },
    status: { phase, conditions: ready ? [{ type: 'Ready', ...ready }] : [] },
  }) as unknown as Pod;

describe('readiness', () => {
  test.each([
    [undefined, 0, false, false],
    [{ status: 'False', lastTransitionTime: '2026-01-01T00:00:00Z' }, 0, false, false],
    [{ status: 'Unknown' }, 0, false, false],
    [{ status: 'True' }, 0, true, true],
    [{ status: 'True' }, 1, true, false],
    [{ status: 'True', lastTransitionTime: '2026-01-01T00:00:30Z' }, 30, true, true],
    [{ status: 'True', lastTransitionTime: '2026-01-01T00:00:30Z' }, 31, true, false],
  ])('%j, %d s asked: ready %s, available %s', (condition, seconds, ready, available) => {
    expect(isPodReady(pod('Running', condition))).toBe(ready);
    expect(isPodAvailable(pod('Running', condition), seconds, NOW)).toBe(available);
  });
});

test.each([
  ['Pending', false, { terminal: false, active: true, terminating: false }],
  ['Running', true, { terminal: false, active: false, terminating: true }],
  ['Succeeded', false, { terminal: true, active: false, terminating: false }],
  ['Failed', true, { terminal: true, active: false, terminating: false }],
] as const)('%s, deleted %s', (phase, deleted, expected) => {
  const it = pod(phase, undefined, deleted);
  expect({ terminal: isPodTerminal(it), active: isPodActive(it), terminating: isPodTerminating(it) }).toEqual(expected);
});
