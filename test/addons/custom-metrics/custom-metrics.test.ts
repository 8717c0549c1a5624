import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Pod } from '../../../schema/types.ts';
import { CustomMetricsApi } from '../../../src/addons/custom-metrics/custom-metrics-api.ts';
import { fetchMetrics } from '../../../src/addons/custom-metrics/fetch-metrics.ts';
import { PodScraper, type PodScraperOptions } from '../../../src/addons/custom-metrics/pod-scraper.ts';
import { parseRules } from '../../../src/addons/custom-metrics/rules.ts';
import { Samples } from '../../../src/addons/custom-metrics/samples.ts';
import type { Target } from '../../../src/addons/custom-metrics/targets.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const ROUND = 15_000;
const KINDS: Record<string, { kind: string; apiVersion: string }> = {
  pods: { kind: 'Pod', apiVersion: 'v1' },
  namespaces: { kind: 'Namespace', apiVersion: 'v1' },
  services: { kind: 'Service', apiVersion: 'v1' },
};
let server: Server;
let port: number;
let answer: RequestListener;
let asked: string[];
let clock: FakeClock;
let pods: Pod[];
let said: string[];

beforeEach(async () => {
  asked = [];
  said = [];
  clock = new FakeClock();
  answer = (_, response) => response.end('');
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  ({ port } = server.address() as AddressInfo);
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

const pod = (name: string, annotations: Record<string, string>, more: Partial<Pod> = {}): Pod => ({
  metadata: {
    name,
    namespace: 'a',
    uid: name,
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
    labels: { app: name.slice(0, 1) },
    annotations: { 'prometheus.io/scrape': 'true', ...annotations },
  },
  spec: { containers: [{ name: 'c', ports: [{ containerPort: port, name: 'web' }] }] },
  status: { phase: 'Running', podIP: '10.0.0.1' },
  ...more,
});

/** An API over a scraper of the pods, all of which are at the test's own server. */
function start(rules: string, more: Partial<PodScraperOptions> = {}) {
  const samples = new Samples();
  samples.setRules(parseRules(rules));
  const scraper = new PodScraper({
    pods: { list: () => pods },
    samples,
    readRules: () => Promise.resolve(undefined),
    monitored: () => Promise.resolve([]),
    allowed: (address) => (address === '10.0.0.1' ? '127.0.0.1' : undefined),
    fetch: fetchMetrics,
    clock,
    log: (message, fields) => void said.push(`${message} ${JSON.stringify(fields)}`),
    ...more,
  });
  const api = new CustomMetricsApi({
    samples,
    pods: { get: (_, name) => pods.find(({ metadata }) => metadata.name === name) },
    kindOf: (resource) => KINDS[resource],
  });
  const get = (path: string): any => api.answer({ method: 'GET', url: `/apis/${path}`, accept: '' });
  return { scraper, samples, get };
}
const CUSTOM = 'custom.metrics.k8s.io/v1beta2/namespaces/a';
const valuesOf = ({ items }: { items: { describedObject: { name: string }; value: string }[] }) =>
  Object.fromEntries(items.map(({ describedObject, value }) => [describedObject.name, value]));

const RULES = `rules:
- {series: hits_total, labels: {code: '5..'}, drop: true}
- {series: hits_total, withoutSuffix: _total, as: '*_per_second', over: rate, window: 1m, resources: {services: service}}
- {series: queue_length, external: true}
- {series: '.+'}`;

describe('custom.metrics.k8s.io', () => {
  it('tells rates of what pods count, by pod, by what a label names, and of the namespace', async () => {
    let hits = 0;
    answer = ({ url }, response) => {
      const of = url === '/second' ? 2 : 1;
      response.end(
        `hits_total{code="200",service="s"} ${hits * of}\nhits_total{code="500",service="s"} 99999\nheat 1.5\n`,
      );
    };
    pods = [pod('x', {}), pod('y', { 'prometheus.io/path': '/second' })];
    const { scraper, get } = start(RULES);
    await scraper.round();
    expect(get(`${CUSTOM}/pods/*/hits_per_second`).items).toEqual([]);
    hits = 30;
    await clock.advance(ROUND);
    await scraper.round();
    expect(asked).toEqual(expect.arrayContaining(['/metrics', '/second']));
    expect(get(`${CUSTOM}/pods/x/hits_per_second`)).toEqual({
      kind: 'MetricValueList',
      apiVersion: 'custom.metrics.k8s.io/v1beta2',
      metadata: {},
      items: [
        {
          describedObject: { kind: 'Pod', apiVersion: 'v1', namespace: 'a', name: 'x' },
          metric: { name: 'hits_per_second', selector: null },
          timestamp: expect.any(String),
          windowSeconds: 60,
          value: '2',
        },
      ],
    });
    expect(valuesOf(get(`${CUSTOM}/pods/*/hits_per_second`))).toEqual({ x: '2', y: '4' });
    expect(valuesOf(get(`${CUSTOM}/pods/*/hits_per_second?labelSelector=app%3Dy`))).toEqual({ y: '4' });
    expect(valuesOf(get(`${CUSTOM}/pods/*/hits_per_second?metricLabelSelector=code%3D500`))).toEqual({});
    expect(valuesOf(get(`${CUSTOM}/services/s/hits_per_second`))).toEqual({ s: '6' });
    expect(valuesOf(get(`${CUSTOM}/metrics/hits_per_second`))).toEqual({ a: '6' });
    expect(valuesOf(get(`${CUSTOM}/pods/x/heat`))).toEqual({ x: '1500m' });
    const v1 = get(`${CUSTOM.replace('v1beta2', 'v1beta1')}/pods/x/hits_per_second`);
    expect(v1.items[0]).toMatchObject({ metricName: 'hits_per_second', window: 60, value: '2', selector: null });
  });

  it('lists what it has', async () => {
    answer = (_, response) => response.end('hits_total 1\nqueue_length{queue="q"} 7\n');
    pods = [pod('x', {})];
    const { scraper, get } = start(RULES);
    await scraper.round();
    const names = (path: string) => get(path).resources.map(({ name }: { name: string }) => name);
    expect(names('custom.metrics.k8s.io/v1beta1')).toEqual([
      'namespaces/hits_per_second',
      'pods/hits_per_second',
      'services/hits_per_second',
    ]);
    expect(names('external.metrics.k8s.io/v1beta1')).toEqual(['queue_length']);
    expect(get('custom.metrics.k8s.io').preferredVersion).toEqual({
      groupVersion: 'custom.metrics.k8s.io/v1beta2',
      version: 'v1beta2',
    });
  });

  it('goes on where a counter begins anew', async () => {
    const counts = [100, 130, 15];
    answer = (_, response) => response.end(`hits_total ${counts.shift()}\n`);
    pods = [pod('x', {})];
    const { scraper, get } = start(RULES);
    for (let i = 0; i < 3; i++) {
      await scraper.round();
      await clock.advance(ROUND);
    }
    expect(valuesOf(get(`${CUSTOM}/pods/x/hits_per_second`))).toEqual({ x: '1500m' });
  });

  it.each([
    ['POST', `${CUSTOM}/pods/x/heat`, 405],
    ['GET', `${CUSTOM}/pods/x/heat?watch=1`, 405],
    ['GET', `${CUSTOM}/pods/x/none`, 404],
    ['GET', `${CUSTOM}/pods/none/heat`, 404],
    ['GET', `${CUSTOM}/services/*/heat?labelSelector=a%3Db`, 400],
    ['GET', `${CUSTOM}/pods/x`, 404],
    ['GET', `${CUSTOM}/pods/*/heat?labelSelector=a%3D%3D%3Db`, 400],
    ['GET', 'custom.metrics.k8s.io/v1', 404],
    ['GET', 'other.k8s.io/v1', 404],
    ['GET', `${CUSTOM}/%zz/x/heat`, 400],
    ['GET', `${CUSTOM.replace(/a$/, 'b')}/pods/..\\..\\..\\a\\pods\\x/heat`, 404],
    ['GET', `${CUSTOM.replace(/a$/, 'b')}/pods/%2e%2e/%2e%2e/%2e%2e/a/pods/x/heat`, 404],
  ])('refuses %s %s', async (method, path, code) => {
    answer = (_, response) => response.end('heat 1\n');
    pods = [pod('x', {})];
    const { scraper, samples } = start(RULES);
    await scraper.round();
    const api = new CustomMetricsApi({
      samples,
      pods: { get: () => undefined },
      kindOf: (resource) => KINDS[resource],
    });
    expect(() => api.answer({ method, url: `/apis/${path}`, accept: '' })).toThrow(expect.objectContaining({ code }));
  });
});

it('external.metrics.k8s.io has the series of all pods, by their labels', async () => {
  answer = (_, response) => response.end('queue_length{queue="q"} 7\nqueue_length{queue="r"} 1\n');
  pods = [pod('x', {}), pod('y', {})];
  const { scraper, get } = start(RULES);
  await scraper.round();
  const of = (query: string) =>
    get(`external.metrics.k8s.io/v1beta1/namespaces/a/queue_length${query}`).items.map(
      ({ metricLabels, value }: { metricLabels: object; value: string }) => [metricLabels, value],
    );
  expect(of('')).toEqual([
    [{ queue: 'q' }, '14'],
    [{ queue: 'r' }, '2'],
  ]);
  expect(of('?labelSelector=queue%3Dr')).toEqual([[{ queue: 'r' }, '2']]);
  expect(get('external.metrics.k8s.io/v1beta1/namespaces/b/queue_length').items).toEqual([]);
});

describe('pods that are not asked', () => {
  it.each<[string, Record<string, string>, Partial<Pod>]>([
    ['do not say so', { 'prometheus.io/scrape': 'yes' }, {}],
    ['have a bad port', { 'prometheus.io/port': '0' }, {}],
    ['have a port that is none', { 'prometheus.io/port': '80/../x' }, {}],
    ['have a bad path', { 'prometheus.io/path': 'http://other/' }, {}],
    ['have a path with a line', { 'prometheus.io/path': '/a\r\nHost: b' }, {}],
    ['have a scheme that is none', { 'prometheus.io/scheme': 'file' }, {}],
    [
      'are in the network of their node',
      {},
      { spec: { hostNetwork: true, containers: [{ name: 'c', ports: [{ containerPort: 1 }] }] } },
    ],
    ['do not run', {}, { status: { phase: 'Pending', podIP: '10.0.0.1' } }],
    ['have no address', {}, { status: { phase: 'Running' } }],
    ['have an address that is not theirs', {}, { status: { phase: 'Running', podIP: '127.0.0.1' } }],
  ])('%s', async (_, annotations, more) => {
    pods = [pod('x', annotations, more)];
    await start(RULES).scraper.round();
    expect(asked).toEqual([]);
  });
});

describe('a pod that does harm', () => {
  const samplesOf = async (listener: RequestListener) => {
    answer = listener;
    pods = [pod('x', {})];
    const { scraper, samples } = start(RULES);
    await scraper.round();
    return [...samples.pods()];
  };

  it('is not listened to for ever', async () => {
    const line = `heat{a="${'x'.repeat(200)}"} 1\n`.repeat(5000);
    const found = await samplesOf((_, response) => {
      const more = (): void => {
        if (!response.destroyed) response.write(line, more);
      };
      more();
    });
    expect(found).toEqual([]);
    expect(said).toEqual([expect.stringContaining('its answer is too large')]);
  });

  it('leads nowhere else', async () => {
    await samplesOf((_, response) => response.writeHead(302, { location: `http://127.0.0.1:${port}/other` }).end());
    expect(asked).toEqual(['/metrics']);
    expect(said).toEqual([expect.stringContaining('it answers 302')]);
  });

  it('has no more series than are kept, which is said', async () => {
    const text = Array.from({ length: 3000 }, (_, i) => `heat{i="${i}"} 1\n`).join('');
    const [found] = await samplesOf((_, response) => response.end(text));
    expect([...(found?.places.values() ?? [])].map(({ known }) => known.size)).toEqual([2000]);
    expect(said).toEqual([expect.stringContaining('more series than are kept')]);
  });

  it('is said once', async () => {
    answer = (_, response) => response.writeHead(500).end();
    pods = [pod('x', {})];
    const { scraper } = start(RULES);
    for (let i = 0; i < 3; i++) await scraper.round();
    expect(said).toHaveLength(1);
  });
});

describe('a namespace that wants all', () => {
  const of = (namespace: string, name: string): Pod => {
    const one = pod(name, {});
    return { ...one, metadata: { ...one.metadata, namespace } };
  };
  const many = (namespace: string, count: number) =>
    Array.from({ length: count }, (_, i) => of(namespace, `${namespace}${i}`));

  it('leaves others their series', async () => {
    const text = (count: number) => Array.from({ length: count }, (_, i) => `heat{i="${i}"} 1\n`).join('');
    const [large, small] = [text(2000), text(500)];
    pods = [...many('greedy', 30), ...many('quiet', 1)];
    const { scraper, samples } = start(RULES, {
      fetch: ({ namespace }) => Promise.resolve(namespace === 'greedy' ? large : small),
    });
    for (let i = 0; i < 3; i++) await scraper.round();
    const sizes = (namespace: string) =>
      [...samples.pods(namespace)].flatMap(({ places }) => [...places.values()].map(({ known }) => known.size));
    expect(sizes('quiet')).toEqual([500]);
    expect(sizes('greedy').reduce((sum, size) => sum + size, 0)).toBe(49_500);
  });

  it('leaves others their places', async () => {
    const seen = new Map<string, number>();
    pods = [...many('greedy', 6000), ...many('quiet', 20)];
    const { scraper } = start(RULES, {
      fetch({ namespace }) {
        seen.set(namespace, (seen.get(namespace) ?? 0) + 1);
        return Promise.resolve('');
      },
    });
    await scraper.round();
    expect(Object.fromEntries(seen)).toEqual({ greedy: 4980, quiet: 20 });
  });

  it('keeps others not waiting, and is asked no longer than a round', async () => {
    const seen: string[] = [];
    pods = [...many('slow', 1000), ...many('quick', 20)];
    const { scraper } = start(RULES, {
      async fetch({ namespace }) {
        seen.push(namespace);
        if (namespace === 'slow') await new Promise<void>((done) => void clock.setTimeout(done, 5000));
        return '';
      },
    });
    const round = scraper.round();
    while (seen.filter((namespace) => namespace === 'quick').length < 20)
      await new Promise((turn) => setImmediate(turn));
    expect(seen.filter((namespace) => namespace === 'slow')).toHaveLength(4);
    for (let i = 0; i < 4; i++) await clock.advance(5000);
    await round;
    expect(seen.filter((namespace) => namespace === 'slow')).toHaveLength(12);
  });
});

it('forgets pods that are gone, and what has been silent for a minute', async () => {
  let silent = false;
  answer = (_, response) => (silent ? response.writeHead(500).end() : response.end('heat 1\n'));
  pods = [pod('x', {}), pod('y', {})];
  const { scraper, samples } = start(RULES);
  const names = () => [...samples.pods()].map(({ name }) => name);
  await scraper.round();
  expect(names().sort()).toEqual(['x', 'y']);
  pods = [pod('y', {})];
  silent = true;
  await clock.advance(ROUND);
  await scraper.round();
  expect(names()).toEqual(['y']);
  await clock.advance(60_000);
  await scraper.round();
  expect(names()).toEqual([]);
});

it('asks where monitors lead, and once where an annotation leads there too', async () => {
  answer = (_, response) => response.end('heat 1\n');
  pods = [pod('x', {}), pod('quiet', { 'prometheus.io/scrape': 'false' })];
  const target = (name: string): Target => ({
    namespace: 'a',
    pod: name,
    address: '10.0.0.1',
    port,
    path: '/metrics',
    isHttps: false,
  });
  const { scraper, get } = start(RULES, { monitored: () => Promise.resolve(['x', 'quiet', 'gone'].map(target)) });
  await scraper.round();
  expect(asked).toEqual(['/metrics', '/metrics']);
  expect(valuesOf(get(`${CUSTOM}/pods/*/heat`))).toEqual({ x: '1', quiet: '1' });
});
