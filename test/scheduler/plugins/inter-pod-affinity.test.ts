import { describe, expect, it } from 'vitest';
import type { Affinity, PodAffinityTerm } from '../../../schema/types.ts';
import { interPodAffinity } from '../../../src/scheduler/plugins/inter-pod-affinity.ts';
import { filtered, helps, node, pod, scored } from './support.ts';

const nodes = [
  node('a1', { labels: { zone: 'a' } }),
  node('a2', { labels: { zone: 'a' } }),
  node('b1', { labels: { zone: 'b' } }),
  node('nowhere'),
];
const db = { app: 'db' };
const term = (more: Partial<PodAffinityTerm> = {}): PodAffinityTerm => ({
  topologyKey: 'zone',
  labelSelector: { matchLabels: db },
  ...more,
});
const near = (...terms: PodAffinityTerm[]): Affinity => ({
  podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms },
});
const far = (...terms: PodAffinityTerm[]): Affinity => ({
  podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms },
});
const standing = (name: string, nodeName: string, namespace = 'a', affinity?: Affinity) =>
  pod(name, { nodeName, ...(affinity && { affinity }) }, { labels: db, namespace });
const namespaces = ['a', 'b'].map((name) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '', labels: { team: name } },
}));
const NEAR = "!node(s) didn't match pod affinity rules";
const FAR = "node(s) didn't match pod anti-affinity rules";
const SHUNNED = "node(s) didn't satisfy existing pods anti-affinity rules";

describe('InterPodAffinity', () => {
  it.each<[string, Affinity | undefined, string | string[]]>([
    ['nothing', undefined, 'nothing'],
    ['near', near(term()), ['ok', 'ok', NEAR, NEAR]],
    ['near what is nowhere', near(term({ labelSelector: { matchLabels: { app: 'x' } } })), [NEAR, NEAR, NEAR, NEAR]],
    ['near, in another namespace', near(term({ namespaces: ['b'] })), [NEAR, NEAR, 'ok', NEAR]],
    ['near, in both', near(term({ namespaces: ['a', 'b'] })), ['ok', 'ok', 'ok', NEAR]],
    [
      'near, in namespaces by label',
      near(term({ namespaceSelector: { matchLabels: { team: 'b' } } })),
      [NEAR, NEAR, 'ok', NEAR],
    ],
    ['near, in all namespaces', near(term({ namespaceSelector: {} })), ['ok', 'ok', 'ok', NEAR]],
    [
      'near, with a list and a selector',
      near(term({ namespaces: ['a'], namespaceSelector: { matchLabels: { team: 'b' } } })),
      ['ok', 'ok', 'ok', NEAR],
    ],
    ['near two that never stand together', near(term(), term({ namespaces: ['b'] })), [NEAR, NEAR, NEAR, NEAR]],
    ['no selector', near(term({ labelSelector: undefined as never })), [NEAR, NEAR, NEAR, NEAR]],
    ['far', far(term()), [FAR, FAR, 'ok', 'ok']],
    ['far from both', far(term(), term({ namespaces: ['b'] })), [FAR, FAR, FAR, 'ok']],
    ['near one and far from it', { ...near(term()), ...far(term()) }, [FAR, FAR, NEAR, NEAR]],
  ])('filters: wants to be %s', (_name, affinity, expected) => {
    const pods = [standing('p1', 'a1'), standing('p2', 'b1', 'b')];
    const answers = filtered(interPodAffinity, pod('p', affinity && { affinity }), { nodes, pods, namespaces });
    expect(typeof answers === 'string' ? answers : Object.values(answers)).toEqual(expected);
  });

  it('lets the first of a group go wherever the key is', () => {
    const first = pod('p', { affinity: near(term()) }, { labels: db });
    expect(filtered(interPodAffinity, first, { nodes })).toEqual({ a1: 'ok', a2: 'ok', b1: 'ok', nowhere: NEAR });
    expect(filtered(interPodAffinity, pod('p', { affinity: near(term()) }), { nodes })).toMatchObject({ a1: NEAR });
  });

  it('keeps pods away from those that shun them', () => {
    const pods = [standing('p1', 'a1', 'a', far(term()))];
    const incoming = pod('p', {}, { labels: db });
    expect(filtered(interPodAffinity, incoming, { nodes, pods })).toEqual({
      a1: SHUNNED,
      a2: SHUNNED,
      b1: 'ok',
      nowhere: 'ok',
    });
    expect(filtered(interPodAffinity, pod('p'), { nodes, pods })).toBe('nothing');
    expect(filtered(interPodAffinity, pod('p', {}, { labels: db, namespace: 'b' }), { nodes, pods })).toBe('nothing');
  });

  it('scores the wishes of both sides', () => {
    const wish = (weight: number): Affinity => ({
      podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight, podAffinityTerm: term() }] },
    });
    const aversion = (weight: number): Affinity => ({
      podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight, podAffinityTerm: term() }] },
    });
    const incoming = (affinity?: Affinity) => pod('p', affinity && { affinity }, { labels: db });
    const plain = [standing('p1', 'a1'), standing('p2', 'a2'), standing('p3', 'b1')];
    expect(scored(interPodAffinity, incoming(wish(10)), { nodes, pods: plain })).toEqual({
      a1: [20, 100],
      a2: [20, 100],
      b1: [10, 50],
      nowhere: [0, 0],
    });
    expect(scored(interPodAffinity, incoming(aversion(10)), { nodes, pods: plain })).toEqual({
      a1: [-20, 0],
      a2: [-20, 0],
      b1: [-10, 50],
      nowhere: [0, 100],
    });
    // Who must be near it is worth one point; who would like to, as much as it says.
    const fond = [standing('p1', 'a1', 'a', near(term())), standing('p2', 'b1', 'a', wish(4))];
    expect(scored(interPodAffinity, incoming(), { nodes, pods: fond })).toEqual({
      a1: [1, 25],
      a2: [1, 25],
      b1: [4, 100],
      nowhere: [0, 0],
    });
    expect(scored(interPodAffinity, incoming(), { nodes, pods: plain })).toBe('nothing');
    expect(interPodAffinity.score!.weight).toBe(2);
  });

  it('tries again after changes of pods, nodes and namespaces', () => {
    const waiting = pod('p', { affinity: near(term()) });
    expect(helps(interPodAffinity, waiting, 'pods', standing('p1', 'a1'))).toBe(true);
    expect(helps(interPodAffinity, waiting, 'pods', undefined, standing('p1', 'a1'))).toBe(true);
    expect(helps(interPodAffinity, waiting, 'nodes', nodes[0])).toBe(true);
    expect(helps(interPodAffinity, waiting, 'nodes', undefined, nodes[0])).toBe(false);
    expect(helps(interPodAffinity, waiting, 'namespaces', namespaces[0], namespaces[1])).toBe(true);
  });
});
