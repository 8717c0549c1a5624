import { describe, expect, it } from 'vitest';
import type { NodeSelectorTerm } from '../../../schema/types.ts';
import { nodeAffinity } from '../../../src/scheduler/plugins/node-affinity.ts';
import { filtered, helps, node, pod, scored } from './support.ts';

const nodes = [
  node('n1', { labels: { disk: 'ssd', cores: '8' } }),
  node('n2', { labels: { disk: 'hdd', cores: '16' } }),
  node('n3'),
];
const WHY = "!node(s) didn't match Pod's node affinity/selector";
const requiring = (...nodeSelectorTerms: NodeSelectorTerm[]) =>
  pod('p', { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } } });
const expression = (
  key: string,
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt',
  ...values: string[]
) => ({
  matchExpressions: [{ key, operator, values }],
});
const field = (...names: string[]) => ({
  matchFields: names.map((name) => ({ key: 'metadata.name', operator: 'In' as const, values: [name] })),
});

describe('NodeAffinity', () => {
  it.each([
    ['no wish', pod('p'), 'nothing'],
    ['a selector', pod('p', { nodeSelector: { disk: 'ssd' } }), { n1: 'ok', n2: WHY, n3: WHY }],
    ['a value of two', requiring(expression('disk', 'In', 'ssd', 'hdd')), { n1: 'ok', n2: 'ok', n3: WHY }],
    ['not a value', requiring(expression('disk', 'NotIn', 'ssd')), { n1: WHY, n2: 'ok', n3: 'ok' }],
    ['a key', requiring(expression('disk', 'Exists')), { n1: 'ok', n2: 'ok', n3: WHY }],
    ['no key', requiring(expression('disk', 'DoesNotExist')), { n1: WHY, n2: WHY, n3: 'ok' }],
    ['more than', requiring(expression('cores', 'Gt', '8')), { n1: WHY, n2: 'ok', n3: WHY }],
    ['less than', requiring(expression('cores', 'Lt', '16')), { n1: 'ok', n2: WHY, n3: WHY }],
    [
      'one of two terms',
      requiring(expression('cores', 'Gt', '8'), expression('disk', 'In', 'ssd')),
      { n1: 'ok', n2: 'ok', n3: WHY },
    ],
    ['an empty term', requiring({}), { n1: WHY, n2: WHY, n3: WHY }],
    ['a node by name', requiring(field('n2')), { n1: '-', n2: 'ok', n3: '-' }],
    ['two nodes by name', requiring(field('n2'), field('n3')), { n1: '-', n2: 'ok', n3: 'ok' }],
    ['a name or a label', requiring(field('n2'), expression('disk', 'In', 'ssd')), { n1: 'ok', n2: 'ok', n3: WHY }],
    [
      'a name and a label',
      requiring({ ...field('n2'), ...expression('disk', 'In', 'ssd') }),
      { n1: '-', n2: WHY, n3: '-' },
    ],
    ['two names at once', requiring(field('n1', 'n2')), 'reject: !pod affinity terms conflict'],
  ])('filters: %s', (_name, incoming, expected) => {
    expect(filtered(nodeAffinity, incoming, { nodes })).toEqual(expected);
  });

  it('scores by the weights of the wishes that come true', () => {
    const preferring = (...wishes: [number, NodeSelectorTerm][]) =>
      pod('p', {
        affinity: {
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: wishes.map(([weight, preference]) => ({
              weight,
              preference,
            })),
          },
        },
      });
    const wishes = preferring([30, expression('disk', 'Exists')], [25, expression('cores', 'Gt', '8')]);
    expect(scored(nodeAffinity, wishes, { nodes })).toEqual({ n1: [30, 54], n2: [55, 100], n3: [0, 0] });
    const vain = preferring([30, expression('disk', 'In', 'tape')], [40, {}]);
    expect(scored(nodeAffinity, vain, { nodes })).toEqual({ n1: [0, 0], n2: [0, 0], n3: [0, 0] });
    expect(scored(nodeAffinity, pod('p'), { nodes })).toBe('nothing');
    expect(nodeAffinity.score!.weight).toBe(2);
  });

  const [ssd, hdd] = [node('n', { labels: { disk: 'ssd' } }), node('n', { labels: { disk: 'hdd' } })];
  it.each([
    ['a node comes that it wants', ssd, undefined, true],
    ['a node comes that it does not want', hdd, undefined, false],
    ['a node becomes what it wants', ssd, hdd, true],
    ['a node stays what it wants', ssd, ssd, false],
    ['a node is no longer what it wants', hdd, ssd, false],
  ] as const)('tries again when %s: %#', (_name, object, old, expected) => {
    expect(helps(nodeAffinity, pod('p', { nodeSelector: { disk: 'ssd' } }), 'nodes', object, old)).toBe(expected);
  });
});
