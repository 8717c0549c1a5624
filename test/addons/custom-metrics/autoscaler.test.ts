import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import type { Pod } from '../../../schema/types.ts';
import { CustomMetricsApi } from '../../../src/addons/custom-metrics/custom-metrics-api.ts';
import { fetchMetrics } from '../../../src/addons/custom-metrics/fetch-metrics.ts';
import { PodScraper, RESOLUTION_MS } from '../../../src/addons/custom-metrics/pod-scraper.ts';
import { parseRules } from '../../../src/addons/custom-metrics/rules.ts';
import { Samples } from '../../../src/addons/custom-metrics/samples.ts';
import { horizontalpodautoscaler } from '../../../src/reconcilers/horizontalpodautoscaler.ts';
import { autoscaler, target, worker } from '../../reconcilers/scenarios/horizontalpodautoscaler.ts';
import { startCluster } from '../../support/cluster.ts';

const RULES = "rules: [{series: hits_total, withoutSuffix: _total, as: '*_per_second', over: rate, window: 1m}]";

it('an autoscaler grows with the rate that pods say themselves', async () => {
  let hits = 0;
  const server = createServer((_, response) => response.end(`hits_total ${hits}\n`));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;

  const cluster = await startCluster(() => [horizontalpodautoscaler()]);
  onTestFinished(() => cluster.stop());
  const annotations = { 'prometheus.io/scrape': 'true', 'prometheus.io/port': String(port) };
  for (const name of ['p0', 'p1']) {
    const pod = worker(name);
    await cluster.give({
      ...pod,
      metadata: { ...pod.metadata, annotations },
      status: { ...(pod['status'] as object), podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }] },
    });
  }
  let pods: Pod[] = [];
  const samples = new Samples();
  samples.setRules(parseRules(RULES));
  const find = (_: string, name: string): Pod | undefined => pods.find(({ metadata }) => metadata.name === name);
  const scraper = new PodScraper({
    pods: { list: () => pods },
    samples,
    readRules: () => Promise.resolve(undefined),
    monitored: () => Promise.resolve([]),
    allowed: () => '127.0.0.1',
    fetch: fetchMetrics,
    clock: cluster.clock,
    log: () => undefined,
  });
  const api = new CustomMetricsApi({
    samples,
    pods: { get: find },
    kindOf: () => ({ kind: 'Pod', apiVersion: 'v1' }),
  });
  cluster.api.api.remote = {
    async read(_, { group, version, namespace, resource, name, subresource = '', query }) {
      const place = `/apis/${group}/${version}/namespaces/${namespace}/${resource}/${name}/${subresource}`;
      const url = `${place}?${new URLSearchParams(query).toString()}`;
      return Promise.resolve(api.answer({ method: 'GET', url, accept: '' }));
    },
  };
  const round = async (): Promise<void> => {
    pods = (await cluster.client.list('pods', { namespace: 'a' })).items;
    await scraper.round();
  };

  await round();
  hits = 60;
  await cluster.advance(RESOLUTION_MS);
  await round();
  const metric = { metric: { name: 'hits_per_second' }, target: { type: 'AverageValue', averageValue: '2' } };
  await cluster.give({ ...target, status: { replicas: 2 } });
  await cluster.give(autoscaler({ maxReplicas: 10, metrics: [{ type: 'Pods', pods: metric }] }));
  await cluster.advance(1);
  expect((await cluster.client.get('deployments.apps', 'a', 'd')).spec?.replicas).toBe(4);
  const [hpa] = await cluster.list('horizontalpodautoscalers.autoscaling');
  expect(hpa?.['status'].currentMetrics[0].pods.current).toEqual({ averageValue: '4' });
});
