import { describe, expect, test } from 'vitest';
import * as families from '../../../src/rules/metrics/families.ts';
import { linesOf, Metric, metricsOf, type Family } from '../../../src/rules/metrics/metrics.ts';
import { processLines } from '../../../src/rules/metrics/process-metrics.ts';
import upstream from './upstream.json' with { type: 'json' };

/** Types, labels and buckets of these metrics, as Kubernetes 1.35 registers them. */
const FACTS: Readonly<Record<string, Pick<Family, 'type' | 'labels' | 'buckets'>>> = upstream as never;
const { PROCESS, ...parts } = families;
const all: readonly Family[] = Object.values(parts).flatMap((part) => Object.values(part));

test.each(all.map((family) => [family.name, family] as const))(
  '%s is what boards know by the name',
  (name, { type, labels, buckets }) => {
    expect({ type, labels, ...(buckets && { buckets }) }).toEqual(FACTS[name]);
  },
);

describe('an exposition', () => {
  const family: Family = { name: 'h', type: 'histogram', help: 'H.', labels: ['a'], buckets: [0.1, 1] };

  test('of a histogram adds up its buckets', () => {
    const metric = new Metric(family);
    for (const value of [0.05, 0.1, 0.5, 7]) metric.of('x').observe(value);
    expect(metric.lines()).toEqual([
      '# HELP h H.',
      '# TYPE h histogram',
      'h_bucket{a="x",le="0.1"} 2',
      'h_bucket{a="x",le="1"} 3',
      'h_bucket{a="x",le="+Inf"} 4',
      'h_sum{a="x"} 7.65',
      'h_count{a="x"} 4',
    ]);
  });

  test('escapes what labels may not have as it is, and tells labels apart that look alike', () => {
    const metric = new Metric({ name: 'c', type: 'counter', help: 'C.', labels: ['a', 'b'] });
    metric.of('x"\\\n', '').add();
    metric.of('', 'x').add(2);
    metric.of('x', '').add(3);
    expect(metric.lines().slice(2)).toEqual(['c{a="x\\"\\\\\\n",b=""} 1', 'c{a="",b="x"} 2', 'c{a="x",b=""} 3']);
  });

  test('is bounded, whatever labels come: the rest is counted together', () => {
    const metric = new Metric({ name: 'c', type: 'counter', help: 'C.', labels: ['a'] });
    for (let n = 0; n < 10_000; n++) metric.of(String(n)).add();
    const lines = metric.lines();
    expect(lines.length).toBeLessThan(2_100);
    expect(lines).toContain('c{a=""} 8000');
  });

  test('of a process has its numbers, and each name once', () => {
    const lines = [...processLines(), ...linesOf(metricsOf({ family }))];
    const types = lines.filter((line) => line.startsWith('# TYPE')).map((line) => line.split(' ')[2]);
    expect(new Set(types).size).toBe(types.length);
    expect(types).toEqual(Object.values(PROCESS).map(({ name }) => name));
    for (const line of lines.filter((each) => !each.startsWith('#'))) expect(line).toMatch(/^\w+(\{.*\})? [\d.e+-]+$/);
  });
});
