import { describe, expect, it } from 'vitest';
import { schedulingGates } from '../../../src/scheduler/plugins/scheduling-gates.ts';
import { viewOf } from '../../support/scheduling-cluster.ts';
import { helps, pod } from './support.ts';

describe('SchedulingGates', () => {
  it.each([
    [undefined, undefined],
    [[], undefined],
    [['example.com/g', 'h'], 'waiting for scheduling gates: [example.com/g h]'],
  ])('holds pods that have any PodSpec.schedulingGates: %j', (gates, why) => {
    const spec = gates ? { schedulingGates: gates.map((name) => ({ name })) } : {};
    expect(schedulingGates.preEnqueue?.(pod('p', spec), viewOf({}))).toBe(why);
  });

  it('is told of changes of the pod itself', () => {
    expect(helps(schedulingGates, pod('p'), 'pods', pod('p'), pod('p'))).toBe(true);
    expect(helps(schedulingGates, pod('p'), 'pods', pod('q'), pod('q'))).toBe(false);
  });
});
