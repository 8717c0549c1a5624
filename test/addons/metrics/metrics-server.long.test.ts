import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildIfNeeded } from '../../../scripts/build.mjs';
import { eventually, startCluster, type Cluster } from '../../e2e/support/cluster.ts';
import { underLoad } from '../../e2e/support/load.ts';
import { buildMetricsServer, runMetricsServer } from './published-metrics-server.ts';

const CHART = fileURLToPath(new URL('../../e2e/charts/shopfront', import.meta.url));
const ADDONS = ['cloud', 'dns', 'ingress', 'storage'];
const INGRESS = ['--ingress-address', '127.0.0.1', '--ingress-http-port', '0', '--ingress-https-port', '0'];
const CLIENTS = 4;
/** ms: rounds of 15 s are waited for, on a machine that others use too */
const PATIENCE = 600_000;
const WINDOWS = 5;
/** Of what is told, from what /proc says. */
const NEAR = 0.05;

/** Processor seconds so far of a pod's process, which is found by a word of its command. */
function cpuSeconds(word: string): number {
  const texts = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(word)
          ? [readFileSync(`/proc/${pid}/stat`, 'utf8')]
          : [];
      } catch {
        return [];
      }
    });
  const ticks = texts
    .map((text) => text.replace(/^.*\) /s, '').split(' '))
    .map((fields) => Number(fields[11]) + Number(fields[12]));
  return ticks.reduce((sum, each) => sum + each, 0) / 100;
}

interface PodMetrics {
  timestamp: string;
  window: string;
  containers: { usage: { cpu: string } }[];
}
const nanocores = (text: string): number =>
  text.endsWith('n')
    ? Number(text.slice(0, -1))
    : text.endsWith('u')
      ? Number(text.slice(0, -1)) * 1e3
      : text.endsWith('m')
        ? Number(text.slice(0, -1)) * 1e6
        : Number(text) * 1e9;

/** What is told of a pod over some windows, and what /proc says of the same time; both in processor seconds. */
async function toldAndUsed(cluster: Cluster, name: string, word: string): Promise<[told: number, used: number]> {
  const readings: { at: number; seconds: number }[] = [];
  const timer = setInterval(() => readings.push({ at: Date.now(), seconds: cpuSeconds(word) }), 250);
  const windows = new Map<string, { begin: number; end: number; seconds: number }>();
  try {
    await eventually(
      async () => {
        const { stdout } = await cluster.kubectl(
          `get --raw /apis/metrics.k8s.io/v1beta1/namespaces/default/pods/${name}`,
        );
        if (!stdout) return 0;
        const { timestamp, window, containers } = JSON.parse(stdout) as PodMetrics;
        const [, minutes = '0', seconds = '0'] = /^(?:(\d+)m)?([\d.]+)s$/.exec(window) ?? [];
        const length = (Number(minutes) * 60 + Number(seconds)) * 1000;
        const end = Date.parse(timestamp);
        const cores = containers.reduce((sum, { usage }) => sum + nanocores(usage.cpu), 0) / 1e9;
        windows.set(timestamp, { begin: end - length, end, seconds: (cores * length) / 1000 });
        return windows.size;
      },
      (count) => count > WINDOWS,
      PATIENCE,
    );
  } finally {
    clearInterval(timer);
  }
  const whole = [...windows.values()].filter(({ begin }) => begin >= (readings[0]?.at ?? Infinity));
  const usedAt = (at: number): number => {
    const after = readings.findIndex((reading) => reading.at >= at);
    const [a, b] = [readings[Math.max(0, after - 1)], readings[after < 0 ? readings.length - 1 : after]];
    if (!a || !b || a.at === b.at) return b?.seconds ?? 0;
    return a.seconds + ((b.seconds - a.seconds) * (at - a.at)) / (b.at - a.at);
  };
  expect(whole.length).toBeGreaterThan(1);
  return [
    whole.reduce((sum, { seconds }) => sum + seconds, 0),
    whole.reduce((sum, { begin, end }) => sum + usedAt(end) - usedAt(begin), 0),
  ];
}

const podOf = (word: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'busy' },
    spec: {
      containers: [
        {
          name: 'c',
          image: 'node',
          command: [
            'node',
            '-e',
            `/* ${word} */ setInterval(() => { for (const end = Date.now() + 60; Date.now() < end; ); }, 200)`,
          ],
        },
      ],
    },
  });

async function comparePod(cluster: Cluster): Promise<void> {
  const word = `busy-${process.pid}`;
  await cluster.kubectl('apply -f -', podOf(word));
  const [told, used] = await toldAndUsed(cluster, 'busy', word);
  console.log(`told ${told.toFixed(2)} s, /proc ${used.toFixed(2)} s, ratio ${(told / used).toFixed(3)}`);
  expect(used).toBeGreaterThan(0);
  expect(Math.abs(told / used - 1)).toBeLessThan(NEAR);
  const { stdout } = await cluster.kubectl('top pod busy --containers --no-headers');
  expect(stdout).toMatch(/^busy\s+c\s+\d+m\s+\d+Mi/);
  // pods outlive their cluster, and hold its folder
  expect((await cluster.kubectl('delete pod busy --now')).code).toBe(0);
}

beforeAll(() => buildIfNeeded());

interface Served {
  cluster: Cluster;
  /** of a server in a process of its own */
  stop(): void;
}
const start = (...addons: string[]): Promise<Cluster> =>
  startCluster(['--addons', addons.join(','), '--load-balancer-range', '127.69.0.0/28', ...INGRESS]);

/** Who answers for metrics.k8s.io, and how a cluster with it is had, or why not. */
const SERVERS: [name: string, open: () => Promise<Served | string>][] = [
  [
    'the published metrics-server',
    async () => {
      const published = await buildMetricsServer();
      if (typeof published === 'string') return published;
      const cluster = await start(...ADDONS);
      const child = await runMetricsServer(published, cluster);
      return { cluster, stop: () => void child.kill() };
    },
  ],
  ['the add-on metrics', async () => ({ cluster: await start(...ADDONS, 'metrics'), stop: () => undefined })],
];

describe.each(SERVERS)('%s', (_, open) => {
  let served: Served | undefined;
  let cluster: Cluster;
  let missing: string | undefined;
  beforeAll(async () => {
    const opened = await open();
    if (typeof opened === 'string') return void (missing = opened);
    served = opened;
    ({ cluster } = opened);
  }, PATIENCE * 4);
  beforeEach(({ skip }) => void (missing && skip(missing)));
  afterAll(async () => {
    served?.stop();
    await served?.cluster.remove();
  });
  const read = async (what: string, path: string): Promise<string> =>
    (await cluster.kubectl(`get ${what} -o jsonpath={${path}}`)).stdout;

  it('is available, and kubectl top answers from it', async () => {
    await eventually(
      () => read('apiservice v1beta1.metrics.k8s.io', '.status.conditions[0].status'),
      (text) => text === 'True',
      PATIENCE,
    );
    const top = await eventually(
      () => cluster.kubectl('top nodes --no-headers'),
      ({ code }) => code === 0,
      PATIENCE,
    );
    console.log(`kubectl top nodes\n${top.stdout}`);
    expect(top.stdout).toMatch(/^\S+\s+\d+m\s+\d+%\s+\d+Mi\s+\d+%/);
  });

  it('tells of a pod what /proc says', () => comparePod(cluster));

  it('scales pods up under load, and down without', async ({ skip }) => {
    skip(!cluster.output().includes('own network'), 'pods have no network of their own here');
    const { code, stderr } = await cluster.helm(`install front ${CHART} --wait --timeout 300s`);
    expect([code, stderr]).toEqual([0, '']);
    const host = await read('service front', '.status.loadBalancer.ingress[0].ip');
    const size = (): Promise<string> => read('deployment front', '.spec.replicas');
    const began = Date.now();
    const seconds = (): string => `${((Date.now() - began) / 1000).toFixed(0)} s`;
    await underLoad({ host, port: 8081, path: '/work' }, CLIENTS, async () => {
      const many = await eventually(size, (text) => Number(text) > 1, PATIENCE);
      console.log(`${many} pods ${seconds()} after the load began`);
    });
    const up = seconds();
    await eventually(size, (text) => text === '1', PATIENCE);
    console.log(`the load was over after ${up}, one pod again after ${seconds()}`);
    const { stdout } = await cluster.kubectl('get events --field-selector involvedObject.kind=HorizontalPodAutoscaler');
    console.log(stdout);
    expect(stdout).toContain('cpu resource utilization (percentage of request) above target');
    expect(stdout).toContain('All metrics below target');
    expect((await cluster.helm('uninstall front --wait --timeout 300s')).code).toBe(0);
  });
});
