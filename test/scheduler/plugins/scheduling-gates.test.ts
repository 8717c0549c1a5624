import { describe, expect, it } from 'vitest';
import { isGated, schedulingGates } from '../../../src/scheduler/plugins/scheduling-gates.ts';
import { helps, pod } from './support.ts';

describe('SchedulingGates', () => {
  it('holds pods that have any', () => {
    expect(isGated(pod('p'))).toBe(false);
    expect(isGated(pod('p', { schedulingGates: [] }))).toBe(false);
    expect(isGated(pod('p', { schedulingGates: [{ name: 'example.com/g' }] }))).toBe(true);
  });

  it('is told of changes of the pod itself', () => {
    expect(helps(schedulingGates, pod('p'), 'pods', pod('p'), pod('p'))).toBe(true);
    expect(helps(schedulingGates, pod('p'), 'pods', pod('q'), pod('q'))).toBe(false);
  });
});
