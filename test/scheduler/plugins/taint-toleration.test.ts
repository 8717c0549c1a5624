import { describe, expect, it } from 'vitest';
import type { Taint, Toleration } from '../../../schema/types.ts';
import { taintToleration } from '../../../src/scheduler/plugins/taint-toleration.ts';
import { filtered, helps, node, pod, scored } from './support.ts';

const tainted = (name: string, ...taints: Taint[]) => node(name, { spec: { taints } });
const taint = (effect: Taint['effect'], value = 'v', key = 'k'): Taint => ({ key, value, effect });
const WHY = '!node(s) had untolerated taint(s)';

describe('TaintToleration', () => {
  const nodes = [
    node('bare'),
    tainted('soft', taint('PreferNoSchedule')),
    tainted('hard', taint('NoSchedule')),
    tainted('evicting', taint('NoExecute', 'w')),
    tainted('both', taint('NoSchedule'), taint('NoExecute', 'w')),
  ];
  it.each<[string, Toleration[], string[]]>([
    ['nothing', [], ['ok', 'ok', WHY, WHY, WHY]],
    ['one value', [{ key: 'k', operator: 'Equal', value: 'v' }], ['ok', 'ok', 'ok', WHY, WHY]],
    ['one effect', [{ key: 'k', operator: 'Exists', effect: 'NoExecute' }], ['ok', 'ok', WHY, 'ok', WHY]],
    ['the key', [{ key: 'k', operator: 'Exists' }], ['ok', 'ok', 'ok', 'ok', 'ok']],
    ['everything', [{ operator: 'Exists' }], ['ok', 'ok', 'ok', 'ok', 'ok']],
    ['another key', [{ key: 'j', operator: 'Exists' }], ['ok', 'ok', WHY, WHY, WHY]],
    ['without an operator', [{ key: 'k', value: 'w' }], ['ok', 'ok', WHY, 'ok', WHY]],
  ])('filters: tolerates %s', (_name, tolerations, expected) => {
    const answers = filtered(taintToleration, pod('p', { tolerations }), { nodes });
    expect(Object.values(answers)).toEqual(expected);
  });

  it.each<[string, Toleration[], Record<string, number[]>]>([
    ['nothing', [], { none: [0, 100], one: [1, 50], two: [2, 0], hard: [0, 100] }],
    ['one of them', [{ key: 'k', value: 'v' }], { none: [0, 100], one: [0, 100], two: [1, 0], hard: [0, 100] }],
    [
      'them for another effect',
      [{ key: 'k', operator: 'Exists', effect: 'NoSchedule' }],
      { none: [0, 100], one: [1, 50], two: [2, 0], hard: [0, 100] },
    ],
    ['all', [{ operator: 'Exists' }], { none: [0, 100], one: [0, 100], two: [0, 100], hard: [0, 100] }],
  ])('scores: tolerates %s', (_name, tolerations, expected) => {
    const some = [
      node('none'),
      tainted('one', taint('PreferNoSchedule')),
      tainted('two', taint('PreferNoSchedule'), taint('PreferNoSchedule', 'w')),
      tainted('hard', taint('NoSchedule')),
    ];
    expect(scored(taintToleration, pod('p', { tolerations }), { nodes: some })).toEqual(expected);
    expect(taintToleration.score!.weight).toBe(3);
  });

  it('rounds down, in three parts', () => {
    const soft = (...values: string[]) => values.map((value) => taint('PreferNoSchedule', value));
    const some = [tainted('a', ...soft('1')), tainted('b', ...soft('1', '2')), tainted('c', ...soft('1', '2', '3'))];
    expect(scored(taintToleration, pod('p'), { nodes: some })).toEqual({ a: [1, 67], b: [2, 34], c: [3, 0] });
  });

  const hard = tainted('n', taint('NoSchedule'));
  const bare = node('n');
  it.each([
    ['a node without taints comes', bare, undefined, true],
    ['a node with the taint comes', hard, undefined, false],
    ['the taint goes', bare, hard, true],
    ['the taint comes', hard, bare, false],
    ['another thing changes', bare, bare, false],
    ['a node goes', undefined, bare, false],
  ] as const)('tries again when %s: %#', (_name, object, old, expected) => {
    expect(helps(taintToleration, pod('p'), 'nodes', object, old)).toBe(expected);
  });
});
