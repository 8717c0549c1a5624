import { describe, expect, test } from 'vitest';
import type { Node, NodeSelectorRequirement, NodeSelectorTerm, Pod } from '../../schema/types.ts';
import { matchesNode, matchesTerm } from '../../src/rules/node-selector.ts';

const node = {
  metadata: { name: 'n1', labels: { zone: 'a', cores: '8', big: '9223372036854775808', odd: '08' } },
} as unknown as Node;

describe('a requirement on labels', () => {
  test.each<[key: string, NodeSelectorRequirement['operator'], values: string[] | undefined, boolean]>([
    ['zone', 'In', ['a', 'b'], true],
    ['zone', 'In', ['b'], false],
    ['none', 'In', ['a'], false],
    ['zone', 'NotIn', ['b'], true],
    ['zone', 'NotIn', ['a'], false],
    ['none', 'NotIn', ['a'], true],
    ['zone', 'Exists', undefined, true],
    ['none', 'Exists', undefined, false],
    ['zone', 'DoesNotExist', undefined, false],
    ['none', 'DoesNotExist', undefined, true],
    ['cores', 'Gt', ['7'], true],
    ['cores', 'Gt', ['8'], false],
    ['cores', 'Lt', ['9'], true],
    ['cores', 'Lt', ['8'], false],
    ['cores', 'Gt', ['-1'], true],
    ['cores', 'Gt', ['x'], false],
    ['cores', 'Gt', ['1', '2'], false],
    ['odd', 'Gt', ['7'], true],
    ['zone', 'Gt', ['1'], false],
    ['none', 'Lt', ['1'], false],
    ['big', 'Gt', ['1'], false],
  ])('%s %s %j: %s', (key, operator, values, expected) => {
    expect(matchesTerm({ matchExpressions: [{ key, operator, ...(values && { values }) }] }, node)).toBe(expected);
  });
});

describe('a requirement on fields', () => {
  test.each<[key: string, NodeSelectorRequirement['operator'], values: string[], boolean]>([
    ['metadata.name', 'In', ['n1'], true],
    ['metadata.name', 'In', ['n2'], false],
    ['metadata.name', 'NotIn', ['n2'], true],
    ['metadata.name', 'NotIn', ['n1'], false],
    ['metadata.name', 'In', ['n1', 'n2'], false],
    ['metadata.name', 'Exists', [], false],
    ['metadata.namespace', 'In', ['n1'], false],
  ])('%s %s %j: %s', (key, operator, values, expected) => {
    expect(matchesTerm({ matchFields: [{ key, operator, values }] }, node)).toBe(expected);
  });
});

describe('a pod', () => {
  const inZone = (zone: string): NodeSelectorTerm => ({
    matchExpressions: [{ key: 'zone', operator: 'In', values: [zone] }],
  });
  const required = (...nodeSelectorTerms: NodeSelectorTerm[]): Pod['spec'] => ({
    containers: [],
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
  });
  test.each<[string, Pod['spec'], boolean]>([
    ['that asks for nothing', undefined, true],
    ['whose selector matches', { containers: [], nodeSelector: { zone: 'a' } }, true],
    ['whose selector wants another value', { containers: [], nodeSelector: { zone: 'b' } }, false],
    ['one of whose terms matches', required(inZone('b'), inZone('a')), true],
    ['none of whose terms matches', required(inZone('b')), false],
    ['with an empty term', required({}), false],
    ['without terms', required(), false],
    ['that asks for both', { ...required(inZone('a'))!, nodeSelector: { zone: 'b' } }, false],
  ])('%s', (_name, spec, expected) => expect(matchesNode({ ...(spec && { spec }) }, node)).toBe(expected));
});
