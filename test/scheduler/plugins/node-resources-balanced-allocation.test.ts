import { describe, expect, it } from 'vitest';
import type { PodSpec } from '../../../schema/types.ts';
import { nodeResourcesBalancedAllocation as plugin } from '../../../src/scheduler/plugins/node-resources-balanced-allocation.ts';
import { node, pod, requests, scored } from './support.ts';

describe('NodeResourcesBalancedAllocation', () => {
  const pods = [pod('a', { ...requests('1', '4Gi'), nodeName: 'n1' })];
  it.each<[string, Partial<PodSpec>, string | number]>([
    ['nothing', {}, 'nothing'],
    // 50 % of both
    ['what evens it out', requests('1'), 100],
    // 25 % and 75 %: a deviation of a quarter
    ['more of what is short', requests(undefined, '2Gi'), 75],
    // more than there is counts as all of it: 25 % and 100 %
    ['more than there is', requests(undefined, '20Gi'), 62],
    // 50 % and 100 %
    ['amounts of its own', { resources: { requests: { cpu: '1', memory: '4Gi' } } }, 75],
  ])('scores a pod that asks for %s', (_name, spec, expected) => {
    const score = scored(plugin, pod('p', spec), { nodes: [node('n1')], pods });
    expect(score).toEqual(typeof expected === 'number' ? { n1: [expected] } : expected);
    expect(plugin.score!.weight).toBe(1);
  });

  it('has nothing to weigh on a node with one resource', () => {
    const blind = node('blind', { status: { allocatable: { cpu: '4' } } });
    expect(scored(plugin, pod('p', requests('3')), { nodes: [blind] })).toEqual({ blind: [100] });
  });
});
