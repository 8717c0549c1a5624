import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Serving } from '../../src/addons/addon.ts';
import { publish } from '../../src/addons/publish.ts';
import { isStatusError } from '../../src/meta/status.ts';
import { eventually } from '../nodes/support.ts';
import { FakeApi } from '../support/fake-api.ts';
import { machineWith } from './support.ts';

const SLICES = 'endpointslices.discovery.k8s.io';
const HERE = '192.0.2.7';
const CHECK_MS = 10_000;
let api: FakeApi;
let said: string[];
let stops: (() => unknown)[];
/** ports on which somebody answers */
let living: Set<number>;
beforeEach(async () => {
  api = await FakeApi.open();
  said = [];
  stops = [];
  living = new Set([7001, 7002]);
});
afterEach(async () => {
  for (const stop of stops) await stop();
  await api.close();
});

const servingOn = (port: number, manifests: Serving['manifests'] = []): Serving => ({
  service: 'x',
  ports: [{ name: 'https', protocol: 'TCP', port }],
  manifests,
  stop: () => Promise.resolve(),
});
/** Publishes until the returned function is called. */
function published(serving: Serving, addresses: readonly string[] = ['127.0.0.1', HERE]): () => Promise<void> {
  const end = new AbortController();
  const options = {
    client: api.client,
    manager: 'addon-x',
    clock: api.clock,
    log: (message: string, fields?: object) => void said.push(`${message} ${JSON.stringify(fields)}`),
    signal: end.signal,
  };
  const isAlive = (host: string, port: number) => Promise.resolve(host === HERE && living.has(port));
  const done = publish(serving, machineWith(api.clock, addresses), options, isAlive);
  const stop = (): Promise<void> => {
    end.abort();
    return done;
  };
  stops.push(stop);
  return stop;
}
/** `address:port` of the slice; undefined where there is none. */
async function place(): Promise<string | undefined> {
  try {
    const { endpoints, ports } = await api.client.get(SLICES, 'kube-system', 'x');
    return `${endpoints[0]?.addresses[0]}:${ports?.[0]?.port}`;
  } catch (error) {
    if (isStatusError(error, 'NotFound')) return undefined;
    throw error;
  }
}
const leadsTo = (wanted: string | undefined) => eventually(async () => (await place()) === wanted);
/** Time passes until what is looked at regularly has become so. */
const becomes = (wanted: string) =>
  eventually(async () => {
    await api.clock.advance(CHECK_MS);
    return (await place()) === wanted;
  });
test('the slice says where, is written once, and is taken back at the end', async () => {
  const stop = published(servingOn(7001));
  await leadsTo(`${HERE}:7001`);
  const slice = await api.client.get(SLICES, 'kube-system', 'x');
  expect(slice.metadata.labels).toMatchObject({ 'kubernetes.io/service-name': 'x' });
  const { revision } = api.store;
  await api.clock.advance(3 * CHECK_MS);
  expect(api.store.revision).toBe(revision);
  await stop();
  expect(await place()).toBeUndefined();
});

test('who comes last is in it, and an end takes back only its own', async () => {
  const first = published(servingOn(7001));
  await leadsTo(`${HERE}:7001`);
  published(servingOn(7002));
  await leadsTo(`${HERE}:7002`);
  await api.clock.advance(2 * CHECK_MS);
  expect(await place()).toBe(`${HERE}:7002`);
  await first();
  expect(await place()).toBe(`${HERE}:7002`);
});

test('who no longer answers is replaced', async () => {
  published(servingOn(7001));
  await leadsTo(`${HERE}:7001`);
  published(servingOn(7002));
  await leadsTo(`${HERE}:7002`);
  living.delete(7002);
  await becomes(`${HERE}:7001`);
});

test('a slice that was deleted comes back', async () => {
  published(servingOn(7001));
  await leadsTo(`${HERE}:7001`);
  await api.client.delete(SLICES, 'kube-system', 'x');
  await becomes(`${HERE}:7001`);
});

test('without a network it is said once; with one it is served, and moves with the address', async () => {
  const addresses = ['127.0.0.1'];
  published(servingOn(7001), addresses);
  await eventually(() => said.length > 0);
  await api.clock.advance(2 * CHECK_MS);
  expect(said).toEqual(['not served {"service":"x","error":"this machine has no address but its own loopback"}']);
  addresses.push(HERE);
  await becomes(`${HERE}:7001`);
  // Nobody answers where this machine no longer is.
  living.clear();
  addresses[1] = '192.0.2.8';
  await becomes('192.0.2.8:7001');
});

test('what is known only when the server listens is applied with the slice', async () => {
  published(
    servingOn(7001, [
      {
        resource: 'configmaps',
        object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'ca', namespace: 'a' }, data: { ca: 'PEM' } },
      },
    ]),
  );
  await leadsTo(`${HERE}:7001`);
  const { data } = await eventually(() => api.client.get('configmaps', 'a', 'ca').catch(() => undefined));
  expect(data).toEqual({ ca: 'PEM' });
});
