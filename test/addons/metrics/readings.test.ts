import { describe, expect, it } from 'vitest';
import type { NodeReading, Point } from '../../../src/addons/metrics/parse-resource-metrics.ts';
import { parseResourceMetrics } from '../../../src/addons/metrics/parse-resource-metrics.ts';
import { Readings } from '../../../src/addons/metrics/readings.ts';

const T = 1_700_000_000_000;
const reading = (seconds: number, cpu: number, container?: Partial<Point>): NodeReading => ({
  node: { at: T + seconds * 1000, cpuSeconds: cpu, memoryBytes: 100 },
  pods: new Map(
    container
      ? [['a/p', new Map([['c', { at: T + seconds * 1000, cpuSeconds: cpu, memoryBytes: 7, ...container }]])]]
      : [],
  ),
});

describe('Readings', () => {
  it('know nothing of a node after one reading, and its rate after two', () => {
    const readings = new Readings(15_000);
    readings.put('n', reading(0, 10));
    expect(readings.node('n')).toBeUndefined();
    readings.put('n', reading(15, 16));
    expect(readings.node('n')).toEqual({ at: T + 15_000, windowMs: 15_000, cores: 0.4, memoryBytes: 100 });
  });

  it('take no reading that is not newer', () => {
    const readings = new Readings(15_000);
    readings.put('n', reading(0, 10));
    readings.put('n', reading(0, 10));
    expect(readings.node('n')).toBeUndefined();
  });

  it('forget a node that did not answer, and those that are no more', () => {
    const readings = new Readings(15_000);
    for (const node of ['n', 'm']) for (const at of [0, 15]) readings.put(node, reading(at, at));
    readings.drop('n');
    expect([readings.node('n'), readings.node('m')?.cores]).toEqual([undefined, 1]);
    readings.keepOnly(new Set(['n']));
    expect(readings.node('m')).toBeUndefined();
  });

  const rows: [what: string, ...of: (Partial<Point> & { s: number; cpu: number })[]][] = [
    ['runs since long', { s: 0, cpu: 3, startedAt: T - 60_000 }, { s: 15, cpu: 6, startedAt: T - 60_000 }],
    ['has just been started', { s: 15, cpu: 2.4, startedAt: T + 3000 }],
  ];
  it.each(rows)('a container that %s has a rate', (_, ...points) => {
    const readings = new Readings(15_000);
    for (const { s, cpu, ...point } of points) readings.put('n', reading(s, cpu, point));
    expect(readings.pod('n', 'a', 'p')?.get('c')?.cores).toBeCloseTo(0.2);
  });

  const none: [what: string, ...of: (Partial<Point> & { s: number; cpu: number })[]][] = [
    ['was read once', { s: 0, cpu: 3, startedAt: T - 60_000 }],
    ['runs for too short a time', { s: 15, cpu: 3, startedAt: T + 10_000 }],
    ['was started again', { s: 0, cpu: 3, startedAt: T - 60_000 }, { s: 15, cpu: 9, startedAt: T + 12_000 }],
  ];
  it.each(none)('a container that %s has none', (_, ...points) => {
    const readings = new Readings(15_000);
    for (const { s, cpu, ...point } of points) readings.put('n', reading(s, cpu, point));
    expect(readings.pod('n', 'a', 'p')).toBeUndefined();
  });
});

describe('what a kubelet says', () => {
  const NODE = ['node_cpu_usage_seconds_total 10.5 1700000000000', 'node_memory_working_set_bytes 1e+09 1700000000000'];
  const labels = '{container="c",namespace="a",pod="p"}';
  const whole = [
    `container_cpu_usage_seconds_total${labels} 4 1700000000001`,
    `container_memory_working_set_bytes${labels} 12 1700000000001`,
    `container_start_time_seconds${labels} 1.6e9`,
  ];

  it('is read with its times', () => {
    expect(parseResourceMetrics(['# TYPE x gauge', ...NODE, ...whole, ''].join('\n'), 5)).toEqual({
      node: { at: T, cpuSeconds: 10.5, memoryBytes: 1e9 },
      pods: new Map([['a/p', new Map([['c', { at: T + 1, cpuSeconds: 4, memoryBytes: 12, startedAt: 1.6e12 }]])]]),
    });
  });
  it.each(['1e300', '-1', 'NaN', '+Inf', '1e16', '1 99999999999999999999'])('is no figure where it is %s', (value) => {
    const text = NODE.join('\n').replace('10.5 1700000000000', value);
    expect(parseResourceMetrics(text, 5)).toBeUndefined();
  });
  it('has no time where a line has none', () => {
    expect(parseResourceMetrics('node_cpu_usage_seconds_total 1\nnode_memory_working_set_bytes 2', 5)?.node.at).toBe(5);
  });
  it.each([0, 1])('leaves out a pod of which something is missing (%i)', (missing) => {
    const text = [...NODE, ...whole.filter((_, i) => i !== missing)].join('\n');
    expect(parseResourceMetrics(text, 5)?.pods.size).toBe(0);
  });
  it.each(['', 'nonsense', NODE[0] ?? '', 'node_cpu_usage_seconds_total NaN\nnode_memory_working_set_bytes 2'])(
    'is nothing without the node: %j',
    (text) => expect(parseResourceMetrics(text, 5)).toBeUndefined(),
  );
});
