import { beforeEach, describe, expect, it } from 'vitest';
import type { Pod } from '../../schema/types.ts';
import { allPlugins } from '../../src/scheduler/plugins/all.ts';
import type { Plugin } from '../../src/scheduler/plugin.ts';
import { SchedulingQueue, type QueuedPod } from '../../src/scheduler/queue.ts';
import { viewOf } from '../support/scheduling-cluster.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { node, pod } from './plugins/support.ts';

const gated = (name: string): Pod => pod(name, { schedulingGates: [{ name: 'example.com/g' }] });
const important = (name: string, priority: number): Pod => pod(name, { priority });

describe('SchedulingQueue', () => {
  let clock: FakeClock;
  let queue: SchedulingQueue;
  beforeEach(() => {
    clock = new FakeClock();
    queue = new SchedulingQueue(clock, allPlugins, viewOf({}));
  });
  const pop = (): string | undefined => queue.pop()?.pod.metadata.name;
  const popAll = (): string[] => {
    const names: string[] = [];
    for (let name = pop(); name; name = pop()) names.push(name);
    return names;
  };
  /** It is tried, and no node does. */
  const fail = (name: string, ...rejectedBy: string[]): QueuedPod => {
    const entry = queue.pop()!;
    expect(entry.pod.metadata.name).toBe(name);
    queue.unschedulable(entry, new Set(rejectedBy));
    return entry;
  };
  const nodeComes = (): void => queue.changed('nodes', 'add', node('n'), undefined);

  it('gives the most important first, and of equals the one that has waited longest', async () => {
    queue.add(important('second', 0));
    await clock.advance(1);
    queue.add(important('third', 0));
    queue.add(important('first', 10));
    queue.add(important('last', -1));
    expect(popAll()).toEqual(['first', 'second', 'third', 'last']);
  });

  it('puts a pod that was tried behind equals that were not', async () => {
    queue.add(pod('old'));
    await clock.advance(1);
    queue.add(pod('new'));
    await clock.advance(10_000);
    fail('old', 'NodeResourcesFit');
    nodeComes();
    await clock.advance(1000);
    expect(popAll()).toEqual(['new', 'old']);
  });

  it('says when there is something to do', () => {
    let ready = 0;
    queue.onReady = () => ready++;
    queue.add(gated('gated'));
    expect(ready).toBe(0);
    queue.add(pod('p'));
    expect(ready).toBe(1);
  });

  it('forgets a pod that is removed, wherever it is', async () => {
    queue.add(pod('active'));
    queue.remove('active');
    queue.add(pod('waiting'));
    fail('waiting', 'NodeResourcesFit');
    queue.remove('waiting');
    queue.add(pod('backing-off'));
    fail('backing-off', 'NodeResourcesFit');
    nodeComes();
    queue.remove('backing-off');
    nodeComes();
    await clock.advance(20_000);
    expect([queue.size, pop()]).toEqual([0, undefined]);
  });

  it('does not take a pod back that was removed while it was tried', async () => {
    queue.add(pod('p'));
    const entry = queue.pop()!;
    queue.remove('p');
    queue.unschedulable(entry, new Set(['NodeResourcesFit']));
    queue.failed(entry);
    nodeComes();
    await clock.advance(20_000);
    expect([queue.size, pop()]).toEqual([0, undefined]);
  });

  describe('back-off', () => {
    it('doubles from one second to ten', async () => {
      queue.add(pod('p'));
      for (const seconds of [1, 2, 4, 8, 10, 10]) {
        fail('p', 'NodeResourcesFit');
        nodeComes();
        await clock.advance(seconds * 1000 - 1);
        expect(pop()).toBeUndefined();
        await clock.advance(1);
      }
      expect(pop()).toBe('p');
    });

    it('is over when the pod has waited for longer anyway', async () => {
      queue.add(pod('p'));
      fail('p', 'NodeResourcesFit');
      await clock.advance(5000);
      nodeComes();
      expect(pop()).toBe('p');
    });

    it('brings a pod back by itself whose write failed', async () => {
      queue.add(pod('p'));
      queue.failed(queue.pop()!);
      expect(pop()).toBeUndefined();
      await clock.advance(1000);
      expect(pop()).toBe('p');
    });

    it('ends for several pods in their order', async () => {
      for (const name of ['a', 'b']) {
        queue.add(pod(name));
        fail(name, 'NodeResourcesFit');
        await clock.advance(400);
      }
      nodeComes();
      await clock.advance(200);
      expect(popAll()).toEqual(['a']);
      await clock.advance(400);
      expect(popAll()).toEqual(['b']);
    });
  });

  describe('events', () => {
    beforeEach(() => {
      queue.add(pod('p', { nodeSelector: { disk: 'ssd' } }));
    });
    const ssd = node('n', { labels: { disk: 'ssd' } });
    it.each<[string, string[], () => void, boolean]>([
      ['a node that it wants', ['NodeAffinity'], () => queue.changed('nodes', 'add', ssd, undefined), true],
      ['a node that it does not want', ['NodeAffinity'], nodeComes_, false],
      ['one of two plugins says so', ['NodeAffinity', 'NodeResourcesFit'], nodeComes_, true],
      ['a plugin that does not wait for it', ['ImageLocality'], nodeComes_, false],
      ['anything, where no plugin rejected it', [], () => queue.changed('services', 'add', undefined, undefined), true],
      ['a pod that goes', ['NodeResourcesFit'], () => queue.changed('pods', 'delete', undefined, pod('x')), true],
    ])('%s', async (_name, rejectedBy, happens, back) => {
      fail('p', ...rejectedBy);
      await clock.advance(1000);
      happens();
      expect(pop()).toBe(back ? 'p' : undefined);
    });
    function nodeComes_(): void {
      nodeComes();
    }

    it('brings a pod back that was itself changed', async () => {
      fail('p', 'NodeAffinity');
      await clock.advance(1000);
      queue.add(pod('p', {}, { generation: 2 }));
      expect(queue.pop()?.pod.metadata.generation).toBe(2);
    });

    it('takes a change of a pod that is being tried for its next attempt', async () => {
      const entry = queue.pop()!;
      queue.add(pod('p', {}, { generation: 2 }));
      queue.unschedulable(entry, new Set(['NodeResourcesFit']));
      await clock.advance(1000);
      nodeComes();
      expect(queue.pop()?.pod.metadata.generation).toBe(2);
    });
  });

  it('tries a pod again that nothing has brought back for five minutes', async () => {
    queue.add(pod('p'));
    fail('p', 'NodeAffinity');
    await clock.advance(300_000);
    queue.flush();
    expect(pop()).toBeUndefined();
    await clock.advance(1);
    queue.flush();
    expect(pop()).toBe('p');
  });

  describe('gates', () => {
    it('are asked once for each change, also of what then waits on', () => {
      let asked = 0;
      const early: Plugin = {
        name: 'Early',
        events: [{ resource: 'nodes', on: ['add'] }],
        preEnqueue: () => {
          if (++asked > 100) throw new Error('asked again and again');
          return 'too early';
        },
      };
      queue = new SchedulingQueue(clock, [early], viewOf({}));
      queue.add(pod('p'));
      queue.add(pod('q'));
      for (const times of [4, 6]) {
        nodeComes();
        expect(asked).toBe(times);
      }
      expect(popAll()).toEqual([]);
      expect(queue.pending).toEqual({ active: 0, backoff: 0, unschedulable: 0, gated: 2 });
    });

    it('keep a pod back that was tried before', () => {
      let isEarly = false;
      const early: Plugin = {
        name: 'Early',
        events: [{ resource: 'nodes', on: ['add'] }],
        preEnqueue: () => (isEarly ? 'too early' : undefined),
      };
      queue = new SchedulingQueue(clock, [early], viewOf({}));
      queue.add(pod('p'));
      fail('p', 'Early');
      isEarly = true;
      nodeComes();
      expect(queue.pending).toEqual({ active: 0, backoff: 0, unschedulable: 0, gated: 1 });
      isEarly = false;
      nodeComes();
      expect(queue.pending.gated).toBe(0);
      expect(queue.pending.unschedulable).toBe(0);
    });

    it('hold a pod back until the last one is gone', async () => {
      queue.add(gated('p'));
      nodeComes();
      await clock.advance(600_000);
      queue.flush();
      expect([queue.size, pop()]).toEqual([1, undefined]);
      queue.add(pod('p'));
      expect(pop()).toBe('p');
    });
  });
});
