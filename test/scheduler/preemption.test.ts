import { describe, expect, it } from 'vitest';
import type { Pod, PodDisruptionBudget, PodSpec } from '../../schema/types.ts';
import { podInfo } from '../../src/scheduler/pod-info.ts';
import { schedule } from '../../src/scheduler/schedule.ts';
import { cacheOf } from '../support/scheduling-cluster.ts';
import { node, pod, requests } from './plugins/support.ts';

/** A pod with a priority, and a cpu request, on a node; started so many minutes after midnight. */
const on = (nodeName: string, name: string, priority: number, cpu: string, minute = 0, labels = {}): Pod => ({
  ...pod(name, { ...requests(cpu), priority, nodeName }, { labels }),
  status: { phase: 'Running', startTime: `2026-01-01T00:${String(minute).padStart(2, '0')}:00Z` },
});
const incoming = (cpu: string, spec: Partial<PodSpec> = {}, status: Pod['status'] = {}): Pod => ({
  ...pod('p', { ...requests(cpu), priority: 100, ...spec }),
  status,
});
const budget = (
  name: string,
  labels: Record<string, string>,
  disruptionsAllowed: number,
  disrupted?: string,
): PodDisruptionBudget => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name, namespace: 'a', uid: name, resourceVersion: '1', creationTimestamp: '' },
  spec: { selector: Object.keys(labels).length ? { matchLabels: labels } : {} },
  status: {
    disruptionsAllowed,
    currentHealthy: 1,
    desiredHealthy: 1,
    expectedPods: 1,
    ...(disrupted && { disruptedPods: { [disrupted]: '2026-01-01T00:00:00Z' } }),
  },
});
const nodes = [node('n1'), node('n2')];
const full = (name: string) => on(name, `full-${name}`, 100, '4');

/** `node: victims`, or the sentence that says why nobody goes. */
function preempted(pods: Pod[], asking: Pod, budgets: PodDisruptionBudget[] = []): string {
  const cache = cacheOf({ nodes, pods, 'poddisruptionbudgets.policy': budgets });
  const decision = schedule(cache, podInfo(asking), () => 0);
  if ('node' in decision) return `fits ${decision.node}`;
  const { preemption } = decision;
  if (!preemption?.node) return decision.message.replace(/^.*preemption: /, '');
  return `${preemption.node}: ${preemption.victims.map(({ metadata }) => metadata.name).join(' ')}`;
}

describe('preemption', () => {
  it.each<[string, Pod[], string]>([
    ['the less important of two', [on('n1', 'a', 10, '2'), on('n1', 'b', 5, '2'), full('n2')], 'n1: b'],
    ['of equals the one that started last', [on('n1', 'a', 5, '2', 1), on('n1', 'b', 5, '2', 9), full('n2')], 'n1: b'],
    ['as few as will do', [on('n1', 'a', 5, '1'), on('n1', 'b', 4, '3'), full('n2')], 'n1: b'],
    [
      'all that it takes, the most important first',
      [on('n1', 'a', 1, '2'), on('n1', 'b', 5, '1500m'), full('n2')],
      'n1: a',
    ],
    ['where the most important victim is the least', [on('n1', 'a', 10, '4'), on('n2', 'b', 9, '4')], 'n2: b'],
    [
      'where the victims are worth less together',
      [on('n1', 'a', 5, '3'), on('n1', 'b', 5, '1'), on('n2', 'c', 5, '4')],
      'n1: a',
    ],
    [
      'where the victims are fewer',
      [on('n1', 'a', -5, '2500m'), on('n1', 'b', -5, '1500m'), on('n2', 'c', -5, '4')],
      'n1: a',
    ],
    ['where the victim has run for the shortest time', [on('n1', 'a', 5, '4', 1), on('n2', 'b', 5, '4', 2)], 'n2: b'],
  ])('takes %s', (_name, pods, expected) => {
    expect(preempted(pods, incoming('2'))).toBe(expected);
  });

  it.each<[string, Partial<PodSpec>, Pod[], string]>([
    [
      'that may not (PodSpec.preemptionPolicy)',
      { preemptionPolicy: 'Never' },
      [on('n1', 'a', 5, '4'), full('n2')],
      'not eligible due to preemptionPolicy=Never.',
    ],
    [
      'without anybody less important',
      {},
      [full('n1'), full('n2')],
      '0/2 nodes are available: 2 No preemption victims found for incoming pod.',
    ],
    [
      'where all of them would not be enough',
      {},
      [on('n1', 'a', 5, '1'), on('n1', 'b', 100, '3'), full('n2')],
      '0/2 nodes are available: 1 Insufficient cpu, 1 No preemption victims found for incoming pod.',
    ],
    [
      'that no node could hold',
      { nodeSelector: { disk: 'ssd' } },
      [full('n1'), full('n2')],
      '0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
    ],
  ])('takes nobody for one %s', (_name, spec, pods, expected) => {
    expect(preempted(pods, incoming('2', spec))).toBe(expected);
  });

  describe('budgets', () => {
    const pods = [on('n1', 'a', 5, '4', 1, { app: 'web' }), on('n2', 'b', 9, '4', 2, { app: 'db' })];
    it.each<[string, PodDisruptionBudget[], string]>([
      ['none', [], 'n1: a'],
      ['one that is used up', [budget('x', { app: 'web' }, 0)], 'n2: b'],
      ['one that allows it', [budget('x', { app: 'web' }, 1)], 'n1: a'],
      ['both used up', [budget('x', { app: 'web' }, 0), budget('y', { app: 'db' }, 0)], 'n1: a'],
      ['one that has counted the pod already', [budget('x', { app: 'web' }, 0, 'a')], 'n1: a'],
      ['one with an empty selector', [budget('x', {}, 0)], 'n1: a'],
    ])('%s', (_name, budgets, expected) => {
      expect(preempted(pods, incoming('2'), budgets)).toBe(expected);
    });

    it('let others go first', () => {
      const two = [on('n1', 'a', 5, '2', 1, { app: 'web' }), on('n1', 'b', 9, '2', 1, { app: 'db' }), full('n2')];
      expect(preempted(two, incoming('2'), [budget('x', { app: 'web' }, 0)])).toBe('n1: b');
    });
  });

  describe('a node that is kept for the pod', () => {
    const leaving: Pod = {
      ...on('n1', 'a', 5, '4'),
      metadata: { ...on('n1', 'a', 5, '4').metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
      status: {
        phase: 'Running',
        startTime: '2026-01-01T00:00:00Z',
        conditions: [{ type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' }],
      },
    };
    const other = on('n2', 'b', 5, '4');
    const waiting = (spec: Partial<PodSpec> = {}) => incoming('2', spec, { nominatedNodeName: 'n1' });

    it('is waited for while its victims leave', () => {
      const why = 'not eligible due to a terminating pod on the nominated node.';
      expect(preempted([leaving, other], waiting())).toBe(why);
    });
    it('is given up when it can no longer hold the pod', () => {
      const affinity = {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              { matchFields: [{ key: 'metadata.name', operator: 'NotIn' as const, values: ['n1'] }] },
            ],
          },
        },
      };
      expect(preempted([leaving, other], waiting({ affinity }))).toBe('n2: b');
    });
    it('is taken when there is room, however much another has', () => {
      expect(preempted([on('n1', 'a', 5, '2')], waiting())).toBe('fits n1');
      expect(preempted([on('n1', 'a', 5, '2')], incoming('2'))).toBe('fits n2');
    });
    it('is not for less important ones', () => {
      const kept: Pod = { ...pod('w', { ...requests('3'), priority: 200 }), status: { nominatedNodeName: 'n1' } };
      expect(preempted([kept, full('n2')], incoming('2'))).toContain('No preemption victims found');
      expect(preempted([{ ...kept, spec: { ...kept.spec!, priority: 50 } }, full('n2')], incoming('2'))).toBe(
        'fits n1',
      );
    });
  });

  it('leaves the cache as it was', () => {
    const pods = [on('n1', 'a', 5, '2'), on('n1', 'b', 9, '2'), full('n2')];
    const cache = cacheOf({ nodes, pods });
    const seen = () => cache.nodes.map(({ name, pods: all, requested }) => [name, [...all.keys()], { ...requested }]);
    const before = seen();
    schedule(cache, podInfo(incoming('4')), () => 0);
    expect(seen()).toEqual(before);
  });
});
