import { describe, expect, it } from 'vitest';
import { nodeUnschedulable } from '../../../src/scheduler/plugins/node-unschedulable.ts';
import { filtered, helps, node, pod } from './support.ts';

const open = node('open');
const cordoned = node('cordoned', { spec: { unschedulable: true } });
const WHY = '!node(s) were unschedulable';
const KEY = 'node.kubernetes.io/unschedulable';

describe('NodeUnschedulable', () => {
  it.each([
    ['no toleration', undefined, WHY],
    ['its taint tolerated', [{ key: KEY, operator: 'Exists', effect: 'NoSchedule' }], 'ok'],
    ['its taint tolerated by an empty value', [{ key: KEY }], 'ok'],
    ['everything tolerated', [{ operator: 'Exists' }], 'ok'],
    ['another effect tolerated', [{ key: KEY, operator: 'Exists', effect: 'NoExecute' }], WHY],
  ] as const)('filters: %s', (_name, tolerations, cordonedSays) => {
    const incoming = pod('p', tolerations && { tolerations: [...tolerations] });
    expect(filtered(nodeUnschedulable, incoming, { nodes: [open, cordoned] })).toEqual({
      open: 'ok',
      cordoned: cordonedSays,
    });
  });

  it.each([
    ['a node comes', open, undefined, true],
    ['a cordoned node comes', cordoned, undefined, false],
    ['a node is uncordoned', open, cordoned, true],
    ['a node is cordoned', cordoned, open, false],
    ['a node goes', undefined, open, false],
  ] as const)('tries again when %s: %#', (_name, object, old, expected) => {
    expect(helps(nodeUnschedulable, pod('p'), 'nodes', object, old)).toBe(expected);
  });
});
