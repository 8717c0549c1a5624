import { describe, expect, it } from 'vitest';
import type { PodSpec } from '../../../schema/types.ts';
import { nodeResourcesFit } from '../../../src/scheduler/plugins/node-resources-fit.ts';
import { filtered, helps, node, pod, requests, scored } from './support.ts';

const container = (cpu: string, memory = '0', more = {}) => ({
  name: 'c',
  image: 'web',
  resources: { requests: { cpu, memory, ...more } },
});
/** 1 cpu and 2Gi of its 4 and 8 are taken */
const n1 = node('n1');
const standing = pod('a', { ...requests('1', '2Gi'), nodeName: 'n1' });

describe('NodeResourcesFit', () => {
  it.each<[string, Partial<PodSpec>, string]>([
    ['nothing', {}, 'ok'],
    ['all that is left', requests('3', '6Gi'), 'ok'],
    ['a little more cpu', requests('3001m', '1Gi'), 'Insufficient cpu'],
    ['more of both', requests('3500m', '7Gi'), 'Insufficient cpu, Insufficient memory'],
    ['more than the node has', requests('4001m'), '!Insufficient cpu'],
    [
      'more of one than is left and of one than there is',
      requests('3500m', '9Gi'),
      '!Insufficient cpu, Insufficient memory',
    ],
    [
      'a resource that it has not',
      { containers: [container('1', '0', { 'example.com/x': '1' })] },
      '!Insufficient example.com/x',
    ],
    ['none of a resource that it has not', { containers: [container('1', '0', { 'example.com/x': '0' })] }, 'ok'],
    ['two containers', { containers: [container('2'), container('1500m')] }, 'Insufficient cpu'],
    ['an init container that fits alone', { containers: [container('1')], initContainers: [container('3')] }, 'ok'],
    [
      'an init container that is too large',
      { containers: [container('1')], initContainers: [container('3500m')] },
      'Insufficient cpu',
    ],
    [
      'a sidecar beside an init container',
      {
        containers: [container('1')],
        initContainers: [{ ...container('1'), restartPolicy: 'Always' }, container('2500m')],
      },
      'Insufficient cpu',
    ],
    [
      'a sidecar that comes after the init container',
      {
        containers: [container('1')],
        initContainers: [container('2500m'), { ...container('1'), restartPolicy: 'Always' }],
      },
      'ok',
    ],
    ['overhead', { ...requests('2900m'), overhead: { cpu: '200m' } }, 'Insufficient cpu'],
    [
      'amounts of its own in place of its containers',
      { ...requests('1'), resources: { requests: { cpu: '3500m' } } },
      'Insufficient cpu',
    ],
  ])('filters: %s', (_name, spec, expected) => {
    expect(filtered(nodeResourcesFit, pod('p', spec), { nodes: [n1], pods: [standing] })).toEqual({ n1: expected });
  });

  it('counts pods', () => {
    const small = node('small', { status: { allocatable: { cpu: '1', memory: '1Gi', pods: '1' } } });
    const one = pod('a', { nodeName: 'small' });
    expect(filtered(nodeResourcesFit, pod('p'), { nodes: [small] })).toEqual({ small: 'ok' });
    expect(filtered(nodeResourcesFit, pod('p', requests('2')), { nodes: [small], pods: [one] })).toEqual({
      small: '!Too many pods, Insufficient cpu',
    });
  });

  it.each<[string, Partial<PodSpec>, number]>([
    // (4000 - 1000 - 1000) / 4000 and (8 - 2 - 2) / 8
    ['as it asks', requests('1', '2Gi'), 50],
    // 100 millicores and 200 MiB: 72.5 and 72.56
    ['for one that asks for nothing', {}, 72],
    // what a pod asks for as a whole is left out: 100 millicores and 200 MiB again
    ['without its own amounts', { resources: { requests: { cpu: '2', memory: '2Gi' } } }, 72],
    // 0 for cpu, of which there is not enough, and 72
    ['where it does not fit', requests('4'), 36],
  ])('scores what is left: %s', (_name, spec, expected) => {
    expect(scored(nodeResourcesFit, pod('p', spec), { nodes: [n1], pods: [standing] })).toEqual({ n1: [expected] });
    expect(nodeResourcesFit.score!.weight).toBe(1);
  });

  it('counts what a standing pod asks for as a whole', () => {
    const whole = pod('a', { resources: { requests: { cpu: '2', memory: '4Gi' } }, nodeName: 'n1' });
    expect(scored(nodeResourcesFit, pod('p', requests('1', '2Gi')), { nodes: [n1], pods: [whole] })).toEqual({
      n1: [25],
    });
  });

  it('leaves out what the node has nothing of', () => {
    const blind = node('blind', { status: { allocatable: { cpu: '4', pods: '10' } } });
    const empty = node('empty', { status: {} });
    expect(scored(nodeResourcesFit, pod('p', requests('1')), { nodes: [blind, empty] })).toEqual({
      blind: [75],
      empty: [0],
    });
  });

  it.each([
    ['pods', undefined, standing, true],
    ['pods', standing, standing, true],
    ['pods', standing, undefined, false],
    ['nodes', n1, undefined, true],
    ['nodes', n1, n1, true],
    ['nodes', undefined, n1, false],
  ] as const)('tries again after changes of %s: %#', (resource, object, old, expected) => {
    expect(helps(nodeResourcesFit, pod('p', requests('1')), resource, object, old)).toBe(expected);
  });
});
