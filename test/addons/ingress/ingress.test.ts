import { request } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ingress } from '../../../src/addons/ingress/ingress.ts';
import { runAddonLoops, runAddons, type AddonsOptions, type Running } from '../../../src/addons/run.ts';
import { makeCertificate } from '../../../src/start/certificates.ts';
import { eventually } from '../../nodes/support.ts';
import { FakeApi } from '../../support/fake-api.ts';
import { CLUSTER, machineWith } from '../support.ts';

const SLICES = 'endpointslices.discovery.k8s.io';
const INGRESSES = 'ingresses.networking.k8s.io';
let api: FakeApi;
let running: Running[];
let ports: Record<string, number>;
beforeEach(async () => {
  api = await FakeApi.open();
  const options: AddonsOptions = {
    addons: [ingress],
    cluster: CLUSTER,
    client: api.client,
    clock: api.clock,
    random: () => 0.5,
    log: () => undefined,
    machine: machineWith(api.clock, ['192.0.2.7']),
    certify: async (service) => ({
      ...(await makeCertificate({ commonName: service }, undefined, [service])),
      clientCA: '',
    }),
  };
  const loops = runAddonLoops(options);
  running = [runAddons(options), loops];
  const slice = await eventually(() => api.client.get(SLICES, 'kube-system', 'ku7s-ingress').catch(() => undefined));
  ports = Object.fromEntries((slice.ports ?? []).map(({ name, port }) => [name ?? '', port ?? 0]));
  await loops.start();
});
afterEach(async () => {
  for (const each of running) await each.stop();
  await api.close();
});

const statusOf = (host: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request({ port: ports.http, host: '127.0.0.1', headers: { host }, agent: false }, (res) => {
      res.resume();
      resolve(res.statusCode);
    })
      .on('error', reject)
      .end();
  });
const backend = (name: string) => ({ service: { name, port: { number: 80 } } });
const anIngress = (name: string, more: object = {}) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name, namespace: 'a' },
  spec: {
    rules: [{ host: 'a.example', http: { paths: [{ path: '/', pathType: 'Prefix', backend: backend('web') }] } }],
    ...more,
  },
});

test('an Ingress that names no class is served, and says where', async () => {
  expect(await statusOf('a.example')).toBe(404);
  await api.give(anIngress('web'));
  // there is a way now, which leads nowhere
  await eventually(async () => {
    await api.clock.advance(100);
    return (await statusOf('a.example')) === 503;
  });
  const { spec, status } = await eventually(async () => {
    const one = await api.client.get(INGRESSES, 'a', 'web');
    return one.status?.loadBalancer?.ingress ? one : undefined;
  });
  expect(spec?.ingressClassName).toBe('ku7s');
  expect(status?.loadBalancer?.ingress).toEqual([
    { ip: '192.0.2.7', ports: [ports.http, ports.https].map((port) => ({ port, protocol: 'TCP' })) },
  ]);
});

test('what cannot be done is an event', async () => {
  await api.give(
    anIngress('web', {
      defaultBackend: { resource: { kind: 'Bucket', name: 'b', apiGroup: 'x.example' } },
      tls: [{ hosts: ['a.example'], secretName: 'none' }],
    }),
  );
  const reasons = await eventually(async () => {
    const events = await api.list('events', 'a');
    return events.length >= 3 && events.map(({ reason }) => reason as string).sort();
  });
  expect(reasons).toEqual(['SecretNotFound', 'ServiceNotFound', 'UnsupportedBackend']);
});

test('an Ingress of another class is left alone', async () => {
  await api.give(anIngress('other', { ingressClassName: 'nginx' }), anIngress('ours'));
  await eventually(async () => (await api.client.get(INGRESSES, 'a', 'ours')).status?.loadBalancer?.ingress);
  expect((await api.client.get(INGRESSES, 'a', 'other')).status?.loadBalancer?.ingress).toBeUndefined();
});

test('the numbers are read where the Service leads', async () => {
  await statusOf('a.example');
  const text = await fetch(`http://127.0.0.1:${ports.metrics}/metrics`).then((answer) => answer.text());
  expect(text).toContain('ku7s_ingress_requests_total{code="4xx"} 1');
});
