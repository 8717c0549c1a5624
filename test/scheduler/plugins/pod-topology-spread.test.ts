import { describe, expect, it } from 'vitest';
import type { PodSpec, TopologySpreadConstraint } from '../../../schema/types.ts';
import { podTopologySpread } from '../../../src/scheduler/plugins/pod-topology-spread.ts';
import { filtered, helps, node, pod, scored } from './support.ts';

const HOST = 'kubernetes.io/hostname';
const at = (name: string, zone: string, spec = {}) => node(name, { labels: { zone, [HOST]: name }, spec });
const nodes = [at('a1', 'a'), at('a2', 'a'), at('b1', 'b'), node('nowhere')];
const web = { app: 'web' };
const standing = (name: string, nodeName: string, more = {}) => pod(name, { nodeName }, { labels: web, ...more });
const three = [standing('p1', 'a1'), standing('p2', 'a2'), standing('p3', 'b1')];
const constraint = (more: Partial<TopologySpreadConstraint> = {}): TopologySpreadConstraint => ({
  topologyKey: 'zone',
  maxSkew: 1,
  whenUnsatisfiable: 'DoNotSchedule',
  labelSelector: { matchLabels: web },
  ...more,
});
const spreading = (constraints: TopologySpreadConstraint[], spec: Partial<PodSpec> = {}, labels = {}) =>
  pod('p', { topologySpreadConstraints: constraints, ...spec }, { labels: { ...web, ...labels } });
const FULL = "node(s) didn't match pod topology spread constraints";
const MISSING = "!node(s) didn't match pod topology spread constraints (missing required label)";

describe('PodTopologySpread', () => {
  it.each<[string, ReturnType<typeof pod>, string | string[]]>([
    ['no constraint', spreading([]), 'nothing'],
    ['a wish only', spreading([constraint({ whenUnsatisfiable: 'ScheduleAnyway' })]), 'nothing'],
    // zone a has two, zone b one
    ['zones', spreading([constraint()]), [FULL, FULL, 'ok', MISSING]],
    ['zones, with more skew', spreading([constraint({ maxSkew: 2 })]), ['ok', 'ok', 'ok', MISSING]],
    ['hosts', spreading([constraint({ topologyKey: HOST })]), ['ok', 'ok', 'ok', MISSING]],
    ['both', spreading([constraint(), constraint({ topologyKey: HOST })]), [FULL, FULL, 'ok', MISSING]],
    // fewer zones than wanted: the least is none
    ['three zones', spreading([constraint({ minDomains: 3 })]), [FULL, FULL, FULL, MISSING]],
    [
      'three zones, with more skew',
      spreading([constraint({ minDomains: 3, maxSkew: 2 })]),
      [FULL, FULL, 'ok', MISSING],
    ],
    [
      'a pod whose PodSpec.topologySpreadConstraints do not count itself',
      pod('p', { topologySpreadConstraints: [constraint()] }),
      ['ok', 'ok', 'ok', MISSING],
    ],
    ['a selector that selects all', spreading([constraint({ labelSelector: {} })]), ['ok', 'ok', 'ok', MISSING]],
    ['no selector', spreading([constraint({ labelSelector: undefined as never })]), ['ok', 'ok', 'ok', MISSING]],
    [
      'labels of its own by key',
      spreading([constraint({ matchLabelKeys: ['version', 'absent'] })], {}, { version: '2' }),
      ['ok', 'ok', 'ok', MISSING],
    ],
    // only zone a may be used and counts: its least is its own two
    ['its node affinity', spreading([constraint()], { nodeSelector: { zone: 'a' } }), ['ok', 'ok', 'ok', MISSING]],
    [
      'whatever its node affinity',
      spreading([constraint({ nodeAffinityPolicy: 'Ignore' })], { nodeSelector: { zone: 'a' } }),
      [FULL, FULL, 'ok', MISSING],
    ],
  ])('filters by %s', (_name, incoming, expected) => {
    const answers = filtered(podTopologySpread, incoming, { nodes, pods: three });
    expect(typeof answers === 'string' ? answers : Object.values(answers)).toEqual(expected);
  });

  it('counts neither pods on their way out nor those of other namespaces', () => {
    const pods = [
      standing('p1', 'a1', { deletionTimestamp: '2026-01-01T00:00:00Z' }),
      standing('p2', 'a2', { namespace: 'b' }),
    ];
    expect(filtered(podTopologySpread, spreading([constraint()]), { nodes: nodes.slice(0, 3), pods })).toEqual({
      a1: 'ok',
      a2: 'ok',
      b1: 'ok',
    });
  });

  it('leaves out nodes with taints where it is told to', () => {
    const taints = [{ key: 'k', effect: 'NoSchedule' as const }];
    const some = [at('a1', 'a'), at('b1', 'b', { taints })];
    const pods = [standing('p1', 'a1')];
    expect(filtered(podTopologySpread, spreading([constraint()]), { nodes: some, pods })).toEqual({
      a1: FULL,
      b1: 'ok',
    });
    const honest = constraint({ nodeTaintsPolicy: 'Honor' });
    expect(filtered(podTopologySpread, spreading([honest]), { nodes: some, pods })).toEqual({ a1: 'ok', b1: 'ok' });
    const tolerating = { tolerations: [{ operator: 'Exists' as const }] };
    expect(filtered(podTopologySpread, spreading([honest], tolerating), { nodes: some, pods })).toMatchObject({
      a1: FULL,
    });
  });

  it('scores places with fewer pods higher', () => {
    const wish = constraint({ whenUnsatisfiable: 'ScheduleAnyway' });
    // two zones weigh ln 4 a pod: 2.77 and 1.39, rounded; nodes without the key get nothing
    expect(scored(podTopologySpread, spreading([wish]), { nodes, pods: three })).toEqual({
      a1: [3, 33],
      a2: [3, 33],
      b1: [1, 100],
      nowhere: [0, 0],
    });
    expect(scored(podTopologySpread, spreading([wish]), { nodes: nodes.slice(0, 3) })).toEqual({
      a1: [0, 100],
      a2: [0, 100],
      b1: [0, 100],
    });
    expect(scored(podTopologySpread, spreading([constraint()]), { nodes })).toBe('nothing');
    expect(podTopologySpread.score!.weight).toBe(2);
  });

  it('spreads pods of a service over hosts and zones by itself', () => {
    const services = [
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 's', namespace: 'a', uid: 's', resourceVersion: '1', creationTimestamp: '' },
        spec: { selector: web },
      },
    ];
    const hosts = [node('h1', { labels: { [HOST]: 'h1' } }), node('h2', { labels: { [HOST]: 'h2' } })];
    const objects = { nodes: hosts, pods: [standing('p1', 'h1')], services };
    // two hosts weigh ln 4 a pod, and the skew of three adds two
    expect(scored(podTopologySpread, spreading([]), objects)).toEqual({ h1: [3, 66], h2: [2, 100] });
    expect(scored(podTopologySpread, pod('q'), objects)).toBe('nothing');
  });

  it('tries again after changes of pods of its namespace, and of nodes', () => {
    const waiting = spreading([constraint()]);
    expect(helps(podTopologySpread, waiting, 'pods', undefined, standing('x', 'a1'))).toBe(true);
    expect(helps(podTopologySpread, waiting, 'pods', standing('x', 'a1', { namespace: 'b' }))).toBe(false);
    expect(helps(podTopologySpread, waiting, 'nodes', nodes[0])).toBe(true);
    expect(helps(podTopologySpread, waiting, 'nodes', undefined, nodes[0])).toBe(true);
  });
});
