import { describe, expect, it } from 'vitest';
import { SchedulerCache } from '../../src/scheduler/cache.ts';
import { podInfo } from '../../src/scheduler/pod-info.ts';
import { viewOf } from '../support/scheduling-cluster.ts';
import { node, pod, requests } from './plugins/support.ts';

const open = (): SchedulerCache => new SchedulerCache(viewOf({}));
const on = (name: string, nodeName: string, spec = requests('1', '1Gi')) => pod(name, { ...spec, nodeName });
const cpuOn = (cache: SchedulerCache, name: string): number => cache.node(name)?.requested['cpu'] ?? 0;
const image = (name: string, sizeBytes: number) => ({ names: [name], sizeBytes });
const shy = {
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone' }] } },
};

describe('SchedulerCache', () => {
  it('counts an assumed pod before the API server says so, once', () => {
    const cache = open();
    cache.setNode(node('n1'));
    cache.assume(podInfo(pod('p', requests('1'))), 'n1');
    expect([cpuOn(cache, 'n1'), cache.isPlaced('p')]).toEqual([1000, true]);
    cache.setPod(on('p', 'n1'));
    expect(cpuOn(cache, 'n1')).toBe(1000);
  });

  it('forgets an assumed pod that could not be bound, not one that was bound after all', () => {
    const cache = open();
    cache.setNode(node('n1'));
    cache.assume(podInfo(pod('p', requests('1'))), 'n1');
    cache.forget('p');
    expect([cpuOn(cache, 'n1'), cache.isPlaced('p')]).toEqual([0, false]);
    cache.assume(podInfo(pod('p', requests('1'))), 'n1');
    cache.setPod(on('p', 'n1'));
    cache.forget('p');
    expect(cpuOn(cache, 'n1')).toBe(1000);
  });

  it('moves a pod that another scheduler has bound elsewhere', () => {
    const cache = open();
    for (const name of ['n1', 'n2']) cache.setNode(node(name));
    cache.assume(podInfo(pod('p', requests('1'))), 'n1');
    cache.setPod(on('p', 'n2'));
    expect([cpuOn(cache, 'n1'), cpuOn(cache, 'n2')]).toEqual([0, 1000]);
  });

  it('counts a pod anew that was resized', () => {
    const cache = open();
    cache.setNode(node('n1'));
    cache.setPod(on('p', 'n1'));
    cache.setPod(on('p', 'n1', requests('3')));
    expect([cpuOn(cache, 'n1'), cache.node('n1')!.requested['memory']]).toEqual([3000, 0]);
    cache.removePod('p');
    expect([cpuOn(cache, 'n1'), cache.node('n1')!.pods.size]).toEqual([0, 0]);
  });

  it('keeps pods whose node comes later, and those whose node has gone', () => {
    const cache = open();
    cache.setPod(on('early', 'n1'));
    cache.setPod(on('gone', 'n1'));
    cache.removePod('gone');
    expect(cache.node('n1')).toBeUndefined();
    cache.setNode(node('n1'));
    expect(cpuOn(cache, 'n1')).toBe(1000);
    cache.removeNode('n1');
    expect(cache.nodes).toEqual([]);
    cache.setPod(on('late', 'n1'));
    cache.setNode(node('n1'));
    expect([cpuOn(cache, 'n1'), cache.nodes.length]).toEqual([2000, 1]);
  });

  it('knows the nodes that hold pods with affinity', () => {
    const cache = open();
    cache.setPod(on('shy', 'n1', { ...requests('1'), ...shy }));
    expect([...cache.withAntiAffinity]).toEqual([]);
    cache.setNode(node('n1'));
    expect([...cache.withAntiAffinity, ...cache.withAffinity].map(({ name }) => name)).toEqual(['n1', 'n1']);
    cache.removePod('shy');
    expect([...cache.withAntiAffinity, ...cache.withAffinity]).toEqual([]);
    cache.setPod(on('shy', 'n1', { ...requests('1'), ...shy }));
    cache.removeNode('n1');
    expect([...cache.withAntiAffinity, ...cache.withAffinity]).toEqual([]);
  });

  it('supposes pods on a node for as long as a question is asked', () => {
    const cache = open();
    cache.setNode(node('n1'));
    const n1 = cache.node('n1')!;
    const info = podInfo(pod('p', { ...requests('1'), ...shy }));
    const seen = cache.supposing(n1, [info], () => [cpuOn(cache, 'n1'), [...cache.withAntiAffinity].length]);
    expect(seen).toEqual([1000, 1]);
    expect(() =>
      cache.supposing(n1, [info], () => {
        throw new Error('refused');
      }),
    ).toThrow('refused');
    expect([cpuOn(cache, 'n1'), n1.pods.size, [...cache.withAntiAffinity].length]).toEqual([0, 0, 0]);
  });

  it('counts images by the nodes that have them, in the size that was told first', () => {
    const cache = open();
    const having = (name: string, ...images: object[]) => node(name, { status: { images } as never });
    cache.setNode(having('n1', image('web:1', 10)));
    cache.setNode(having('n2', image('web:1', 20), image('db:1', 5)));
    expect(cache.image('web:1')).toEqual({ size: 10, nodes: 2 });
    cache.setNode(having('n1'));
    expect(cache.image('web:1')).toEqual({ size: 10, nodes: 1 });
    cache.removeNode('n2');
    expect([cache.image('web:1'), cache.image('db:1')]).toEqual([undefined, undefined]);
  });

  it('keeps a node for pods that wait for their victims, from less important ones', () => {
    const cache = open();
    cache.setNode(node('n1'));
    const waiting = pod('w', { priority: 10 });
    cache.nominate(waiting, 'n1');
    const names = (priority: number, except = '') =>
      cache.nominated('n1', priority, except).map(({ pod: { metadata } }) => metadata.name);
    expect([names(0), names(10), names(11), names(0, 'w')]).toEqual([['w'], ['w'], [], []]);
    cache.setPod({ ...waiting, spec: { ...waiting.spec!, nodeName: 'n1' } });
    expect(names(0)).toEqual([]);
    cache.nominate(pod('v'), 'n1');
    cache.nominate(pod('v'), '');
    expect(names(0)).toEqual([]);
  });
});
