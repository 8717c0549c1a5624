import { configMap } from '../fixtures.ts';
import type { Bench, Row } from '../row.ts';

const common = { stage: 'filled', anyServer: true } as const;

/** `watchers` of a namespace's ConfigMaps, and so many creates with 16 in flight. */
async function watch(bench: Bench, watchers: number, creates: number) {
  const path = `/api/v1/namespaces/${bench.namespace}/configmaps`;
  const { metadata } = await bench.request<{ metadata: { resourceVersion: string } }>('GET', `${path}?limit=1`);
  const from = `${path}?watch=1&resourceVersion=${metadata.resourceVersion}`;
  const streams = {
    kind: 'watch',
    streams: watchers,
    connections: Math.ceil(watchers / 10),
    path: from,
    expected: creates,
    timeout: 60_000,
  } as const;
  const body = configMap(`w-${bench.unique()}-{n}`);
  return bench.streams(streams, () =>
    bench.load({ method: 'POST', paths: [path], body, inFlight: 16, count: creates }),
  );
}

const hundred: Row = {
  ...common,
  name: 'watch-100',
  title: 'watch: 100 watchers × 1,000 creates',
  quick: true,
  measures: [
    { unit: '/s', better: 'more', goal: 115_000, reference: 38_271, label: 'deliveries' },
    { unit: 'ms', better: 'less', goal: 30, reference: 96, label: 'p99' },
  ],
  async run(bench) {
    const result = await watch(bench, 100, bench.quick ? 500 : 1_000);
    return [result.deliveries / result.seconds, result.p99];
  },
};

const fiveHundred: Row = {
  ...common,
  name: 'watch-500',
  title: 'watch: 500 watchers × 500 creates: streams cut or incomplete',
  quick: false,
  measures: [
    { unit: 'cut', better: 'less', goal: 0, reference: 103 },
    { unit: '/s', better: 'more', goal: 115_000, label: 'deliveries' },
  ],
  async run(bench) {
    const result = await watch(bench, 500, 500);
    return [result.cut + result.late, result.deliveries / result.seconds];
  },
};

export const WATCHES: readonly Row[] = [hundred, fiveHundred];
