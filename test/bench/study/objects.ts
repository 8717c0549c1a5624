import { configMap, smallPod } from '../fixtures.ts';
import type { BenchOptions } from '../options.ts';
import { memoryOf } from '../processes.ts';
import type { Bench } from '../row.ts';
import { openSession, watchFromNow } from '../session.ts';
import type { Series } from './series.ts';

const X = 'objects';
const TEN = 10;
const WATCHERS = 10;
/** creates a second while watches are measured, below what the server can do, so that no queue is measured */
const WATCH_RATE = 200;

type Value = [chart: string, name: string, unit: Series['unit'], value: number];

/** What each operation costs with 1,000, 10,000 … pods, up to `options.objects`: a server of its own for each number. */
export async function studyObjects(
  root: string,
  options: BenchOptions,
  progress: (line: string) => void,
): Promise<Series[]> {
  const sizes = [options.objects / 100, options.objects / 10, options.objects].map((size) =>
    Math.max(20, Math.round(size)),
  );
  const series = new Map<string, Series>();
  for (const size of sizes) {
    const { bench, close } = await openSession(root, options, 'crowded', size);
    try {
      await warmUp(bench);
      const values = await measure(bench);
      for (const [chart, name, unit, value] of values) {
        const key = `${chart}\0${name}`;
        if (!series.has(key)) series.set(key, { chart, x: X, unit, name, points: [] });
        series.get(key)!.points.push([size, value]);
      }
      progress(
        `  ${size} objects: ${values.map(([chart, name, unit, value]) => `${chart} ${name} ${value.toFixed(2)} ${unit}`).join('; ')}`,
      );
    } finally {
      await close();
    }
  }
  return [...series.values()];
}

/** All sizes with compiled code: the smallest would be filled before it is. Pods are made without being stored. */
async function warmUp(bench: Bench): Promise<void> {
  const collection = (resource: string): string => `/api/v1/namespaces/${bench.namespace}/${resource}`;
  const spec = { method: 'POST', inFlight: 32, seconds: 1.5 };
  await bench.load({ ...spec, paths: [collection('configmaps')], body: configMap('warm-{n}') });
  await bench.load({ ...spec, paths: [`${collection('pods')}?dryRun=All`], body: smallPod('warm-{n}') });
}

async function measure(bench: Bench): Promise<Value[]> {
  const pods = `/api/v1/namespaces/${bench.namespace}/pods`;
  const { seconds } = bench;
  const memory = memoryOf(bench.server!.pid);
  for (let n = 0; n < TEN; n++)
    await bench.request(
      'POST',
      pods,
      JSON.parse(smallPod(`ten-${n}`).replace('"app":"bench"', '"app":"ten"').replace('{n}', String(n))),
    );
  const load = async (chart: string, spec: Parameters<Bench['load']>[0]): Promise<Value[]> => {
    const { rate } = await bench.load(spec);
    return [
      ['rates', chart, '/s', rate],
      ['CPU of one request', chart, 'ms', bench.cost],
    ];
  };
  const list = async (name: string, query: string): Promise<Value> => {
    await bench.request('GET', pods + query);
    return [
      'LIST with a selector',
      name,
      'ms',
      (await bench.load({ method: 'GET', paths: [pods + query], inFlight: 1, seconds: seconds / 2 })).p50,
    ];
  };
  const values: Value[] = [
    ['memory', 'server', 'MB', memory.server],
    ['memory', 'Postgres', 'MB', memory.database],
    ...(await load('GET, 64', { method: 'GET', paths: [`${pods}/pod-1`], inFlight: 64, seconds })),
    await list('matches none', '?labelSelector=app%3Dnone'),
    await list('matches ten', '?labelSelector=app%3Dten'),
    await list('field, none', '?fieldSelector=spec.nodeName%3Dnone'),
    [
      'LIST limit=500',
      'LIST limit=500',
      '/s',
      (await bench.load({ method: 'GET', paths: [`${pods}?limit=500`], inFlight: 4, seconds })).rate,
    ],
  ];
  const whole = await bench.load({ method: 'GET', paths: [pods], inFlight: 1, count: 3, seconds: 20 });
  values.push(['LIST whole', 'LIST whole', 'MB/s', whole.bytes / 1e6 / whole.seconds]);
  values.push(
    ...(await load('create pod, 16', {
      method: 'POST',
      paths: [pods],
      body: smallPod(`new-${bench.unique()}-{n}`),
      inFlight: 16,
      seconds,
    })),
  );
  const patch = JSON.stringify({ status: { phase: 'Running', message: '{u}' } });
  values.push(
    ...(await load('status PATCH, 16', {
      method: 'PATCH',
      paths: [`${pods}/pod-{n}/status`],
      body: patch,
      contentType: 'application/merge-patch+json',
      modulo: Math.min(1_000, bench.objects),
      inFlight: 16,
      seconds,
    })),
  );
  const { p50, p99 } = await watch(bench, Math.round(WATCH_RATE * seconds));
  values.push(['event to a watcher', 'p50', 'ms', p50], ['event to a watcher', 'p99', 'ms', p99]);
  values.push(['cold start', 'cold start', 's', (await bench.server!.restart()) / 1000]);
  return values;
}

async function watch(bench: Bench, creates: number) {
  const path = `/api/v1/namespaces/${bench.namespace}/configmaps`;
  const from = await watchFromNow(bench.endpoint, path);
  const body = configMap(`w-${bench.unique()}-{n}`);
  return bench.streams(
    { kind: 'watch', streams: WATCHERS, connections: 2, path: from, expected: creates, timeout: 60_000 },
    () => bench.load({ method: 'POST', paths: [path], body, inFlight: 64, rate: WATCH_RATE, count: creates }),
  );
}
