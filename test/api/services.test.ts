import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApi } from '../../src/api/api.ts';
import { createRegistry } from '../../src/kinds/registry.ts';
import { refusal, serviceAccountKeys, TestApi } from './support.ts';

let t: TestApi;
beforeAll(async () => {
  t = await TestApi.open();
});
afterAll(() => t.close());

const ports = [{ port: 80 }];
const service = (name: string, spec = {}) => t.create('services', { metadata: { name }, spec: { selector: { a: 'b' }, ports, ...spec } });
const address = (ip: string) => t.api.store.get({ resource: 'ipaddresses.networking.k8s.io', namespace: '', name: ip });

test('a new cluster has its namespaces, its roles and the Service kubernetes', async () => {
  expect((await t.get('services', 'kubernetes', 'default')).object['spec'].clusterIP).toBe('10.96.0.1');
  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) await t.get('namespaces', name, '');
  await t.get('clusterroles.rbac.authorization.k8s.io', 'cluster-admin', '');
  const before = t.api.store.revision;
  const again = await createApi({ registry: createRegistry(), store: t.api.store, serviceAccountKeys });
  await again.close();
  expect(t.api.store.revision).toBe(before);
});

test('the Service kubernetes leads to where the API listens', async () => {
  await t.api.advertise('127.0.0.1', 6443);
  const { object } = await t.get('endpointslices.discovery.k8s.io', 'kubernetes', 'default');
  expect(object).toMatchObject({ endpoints: [{ addresses: ['127.0.0.1'] }], ports: [{ name: 'https', port: 6443 }] });
});

test('a Service gets an address that no other has, until it is gone', async () => {
  const { object } = await service('one');
  const ip = object['spec'].clusterIP as string;
  expect(ip).toMatch(/^10\.96\./);
  expect(object['spec']).toMatchObject({ clusterIPs: [ip], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' });
  expect(address(ip)?.object['spec'].parentRef).toMatchObject({ namespace: 't', name: 'one', resource: 'services' });
  expect((await refusal(service('two', { clusterIP: ip }))).message).toBe(
    `Service "two" is invalid: spec.clusterIPs: Invalid value: ["${ip}"]: failed to allocate IP ${ip}: provided IP is already allocated`,
  );
  expect((await refusal(service('two', { clusterIP: '1.2.3.4' }))).message).toContain('is not in the valid range. The range of valid IPs is 10.96.0.0/16');
  await t.delete('services', 'one');
  expect(address(ip)).toBeUndefined();
  expect((await service('two', { clusterIP: ip })).object['spec'].clusterIP).toBe(ip);
});

test('node ports come and go with the type', async () => {
  const { object } = await service('np', { type: 'NodePort' });
  const port = object['spec'].ports[0].nodePort as number;
  expect(port).toBeGreaterThanOrEqual(30_000);
  const taken = service('np2', { type: 'NodePort', ports: [{ port: 80, nodePort: port }] });
  expect((await refusal(taken)).message).toBe(`Service "np2" is invalid: spec.ports[0].nodePort: Invalid value: ${port}: provided port is already allocated`);
  const kept = await t.merge('services', 'np', { metadata: { labels: { a: 'b' } } });
  expect(kept.object['spec'].ports[0].nodePort).toBe(port);
  await t.merge('services', 'np', { spec: { type: 'ClusterIP' } });
  await service('np3', { type: 'NodePort', ports: [{ port: 80, nodePort: port }] });
});

test('a dry run takes nothing', async () => {
  const { object } = await t.api.create(t.ctx(), t.target('services'), { object: { metadata: { name: 'dry' }, spec: { ports } } as never }, { dryRun: ['All'] });
  expect(address(object['spec'].clusterIP as string)).toBeUndefined();
});

test('many at once all get their own', async () => {
  const made = await Promise.all(Array.from({ length: 30 }, (_, i) => service(`many-${i}`, { type: 'NodePort' })));
  expect(new Set(made.map((m) => m.object['spec'].clusterIP)).size).toBe(30);
  expect(new Set(made.map((m) => m.object['spec'].ports[0].nodePort)).size).toBe(30);
});
