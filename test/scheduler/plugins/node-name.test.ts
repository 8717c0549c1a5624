import { describe, expect, it } from 'vitest';
import { nodeName } from '../../../src/scheduler/plugins/node-name.ts';
import { filtered, helps, node, pod } from './support.ts';

const nodes = [node('n1'), node('n2')];

describe('NodeName', () => {
  it.each([
    [undefined, { n1: 'ok', n2: 'ok' }],
    ['', { n1: 'ok', n2: 'ok' }],
    ['n2', { n1: "!node(s) didn't match the requested node name", n2: 'ok' }],
  ])('filters a pod that wants %j', (wanted, expected) => {
    expect(filtered(nodeName, pod('p', wanted === undefined ? {} : { nodeName: wanted }), { nodes })).toEqual(expected);
  });

  it('tries again when the node that it wants comes', () => {
    const waiting = pod('p', { nodeName: 'n1' });
    expect(helps(nodeName, waiting, 'nodes', node('n1'))).toBe(true);
    expect(helps(nodeName, waiting, 'nodes', node('n2'))).toBe(false);
  });
});
