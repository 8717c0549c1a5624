import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { decode, encode, type Answer } from 'dns-packet';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dns } from '../../../src/addons/dns/dns.ts';
import { runAddons, type Running } from '../../../src/addons/run.ts';
import { eventually } from '../../nodes/support.ts';
import { FakeApi } from '../../support/fake-api.ts';
import { CLUSTER, machineWith, uncertified } from '../support.ts';

const SLICES = 'endpointslices.discovery.k8s.io';
const NAME = 'kube-dns.kube-system.svc.cluster.local';
let api: FakeApi;
let running: Running[];
beforeEach(async () => {
  api = await FakeApi.open();
  running = [];
});
afterEach(async () => {
  for (const each of running) await each.stop();
  await api.close();
});

/** Starts the add-on; resolves with the port on which it says that it answers. */
async function start(): Promise<number> {
  const one = runAddons({
    addons: [dns],
    cluster: CLUSTER,
    client: api.client,
    clock: api.clock,
    random: () => 0.5,
    log: () => undefined,
    machine: machineWith(api.clock, ['192.0.2.7']),
    certify: uncertified,
  });
  running.push(one);
  const slice = await eventually(() => api.client.get(SLICES, 'kube-system', 'kube-dns').catch(() => undefined));
  expect(slice.endpoints[0]?.addresses).toEqual(['192.0.2.7']);
  expect(slice.ports?.map(({ name, protocol }) => `${name}/${protocol}`)).toEqual([
    'dns/UDP',
    'dns-tcp/TCP',
    'metrics/TCP',
  ]);
  return slice.ports![0]!.port!;
}

const question = (name: string): Buffer => encode({ type: 'query', id: 7, questions: [{ type: 'A', name }] });
const addressesIn = (packet: Buffer): unknown[] =>
  (decode(packet).answers as (Answer & { data: unknown })[]).map(({ data }) => data);

function overUdp(port: number, name: string): Promise<unknown[]> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.once('message', (packet) => {
      socket.close();
      resolve(addressesIn(packet));
    });
    socket.send(question(name), port, '127.0.0.1');
  });
}
function overTcp(port: number, name: string): Promise<unknown[]> {
  const packet = question(name);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(packet.length);
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.concat([length, packet])));
    let answer = Buffer.alloc(0);
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk]);
      if (answer.length < 2 || answer.length < 2 + answer.readUInt16BE(0)) return;
      socket.destroy();
      resolve(addressesIn(answer.subarray(2)));
    });
  });
}

test('its Service is the one that people look for', async () => {
  await start();
  const { metadata, spec } = await api.client.get('services', 'kube-system', 'kube-dns');
  expect(metadata.labels).toEqual({
    'k8s-app': 'kube-dns',
    'kubernetes.io/cluster-service': 'true',
    'kubernetes.io/name': 'CoreDNS',
  });
  expect(spec).toMatchObject({ clusterIP: '10.96.0.10', type: 'ClusterIP' });
  expect(spec?.selector).toBeUndefined();
  expect(spec?.ports?.map(({ name, port, protocol }) => `${name} ${port}/${protocol}`)).toEqual([
    'dns 53/UDP',
    'dns-tcp 53/TCP',
    'metrics 9153/TCP',
  ]);
});

test('answers over UDP and TCP on the port that its slice says', async () => {
  const port = await start();
  expect(await overUdp(port, NAME)).toEqual(['10.96.0.10']);
  expect(await overTcp(port, NAME)).toEqual(['10.96.0.10']);
});

test('follows the Services of the cluster', async () => {
  const port = await start();
  await api.give({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'a' },
    spec: { clusterIP: '10.96.0.77', ports: [{ port: 80 }] },
  });
  await eventually(async () => (await overUdp(port, 'web.a.svc.cluster.local')).includes('10.96.0.77'));
});

test('answers again after a restart, from its new place', async () => {
  await start();
  await running.pop()!.stop();
  await expect(api.client.get(SLICES, 'kube-system', 'kube-dns')).rejects.toMatchObject({ code: 404 });
  expect(await overTcp(await start(), NAME)).toEqual(['10.96.0.10']);
});
