import type { Service } from '../../schema/types.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApi } from '../../src/api/api.ts';
import { createRegistry } from '../../src/kinds/registry.ts';
import { refusal, serviceAccountKeys, TestApi } from './support.ts';
import { at, the } from '../support/at.ts';

let t: TestApi;
beforeAll(async () => {
  t = await TestApi.open();
});
afterAll(() => t.close());

const ports = [{ port: 80 }];
const service = (name: string, spec = {}) =>
  t.create('services', { metadata: { name }, spec: { selector: { a: 'b' }, ports, ...spec } });
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
  const ip = object['spec'].clusterIP ?? '';
  expect(ip).toMatch(/^10\.96\./);
  expect(object['spec']).toMatchObject({ clusterIPs: [ip], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' });
  expect(at(address(ip)?.object, 'spec.parentRef')).toMatchObject({
    namespace: 't',
    name: 'one',
    resource: 'services',
  });
  expect((await refusal(service('two', { clusterIP: ip }))).message).toBe(
    `Service "two" is invalid: spec.clusterIPs: Invalid value: ["${ip}"]: failed to allocate IP ${ip}: provided IP is already allocated`,
  );
  expect((await refusal(service('two', { clusterIP: '1.2.3.4' }))).message).toContain(
    'failed to allocate IP 1.2.3.4: the provided network does not match the current range',
  );
  expect((await refusal(service('two', { clusterIP: '10.96.0.0' }))).message).toContain(
    'failed to allocate IP 10.96.0.0: the provided network does not match the current range',
  );
  await t.delete('services', 'one');
  expect(address(ip)).toBeUndefined();
  expect((await service('two', { clusterIP: ip })).object['spec'].clusterIP).toBe(ip);
});

test('a node port that nobody has reserved is reserved at the next start, which is told', async () => {
  const { object } = await service('unreserved', { type: 'NodePort' });
  const { store } = t.api;
  const port = Number(at(object, 'spec.ports.0.nodePort'));
  const key = { resource: 'nodeports.internal', namespace: '', name: String(port) };
  const by = { user: 'somebody', manager: 'psql', verb: 'delete' };
  await store.commit({ ...key, by, type: 'delete', expect: store.get(key)?.revision ?? 0 });
  const again = await createApi({ registry: createRegistry(), store, serviceAccountKeys });
  await again.close();
  expect(store.get(key)?.object['service']).toBe('t/unreserved');
  const fieldSelector = 'involvedObject.name=unreserved,reason=PortNotAllocated';
  const { items } = await t.api.list(t.ctx(), t.target('events'), { fieldSelector });
  expect(items.map((event) => at(event.object, 'message'))).toEqual([`Port ${port} is not allocated; repairing`]);
  await t.delete('services', 'unreserved');
});

test('node ports come and go with the type', async () => {
  const { object } = await service('np', { type: 'NodePort' });
  const port = object['spec'].ports?.[0]?.nodePort;
  expect(port).toBeGreaterThanOrEqual(30_000);
  const taken = service('np2', { type: 'NodePort', ports: [{ port: 80, nodePort: port }] });
  expect((await refusal(taken)).message).toBe(
    `Service "np2" is invalid: spec.ports[0].nodePort: Invalid value: ${port}: provided port is already allocated`,
  );
  const kept = await t.merge('services', 'np', { metadata: { labels: { a: 'b' } } });
  expect(kept.object['spec'].ports?.[0]?.nodePort).toBe(port);
  await t.merge('services', 'np', { spec: { type: 'ClusterIP' } });
  await service('np3', { type: 'NodePort', ports: [{ port: 80, nodePort: port }] });
});

test('a load balancer has no node ports where ServiceSpec.allocateLoadBalancerNodePorts says so', async () => {
  const { object } = await service('without', { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false });
  expect(object['spec'].ports?.[0]?.nodePort).toBeUndefined();
});

test('a Service of another type lets go of what only the old one had', async () => {
  const { object } = await service('lb', {
    type: 'LoadBalancer',
    externalTrafficPolicy: 'Local',
    loadBalancerClass: 'example.com/x',
  });
  const { healthCheckNodePort, ports: given, clusterIP } = object['spec'];
  expect(healthCheckNodePort).toBeGreaterThanOrEqual(30_000);
  expect(given?.[0]?.nodePort).toBeGreaterThanOrEqual(30_000);
  await t.merge('services/status', 'lb', { status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } } });
  const { object: plain } = await t.merge('services', 'lb', { spec: { type: 'ClusterIP' } });
  expect(plain['status']).toEqual({ loadBalancer: {} });
  expect(plain['spec'].clusterIP).toBe(clusterIP);
  for (const field of [
    'healthCheckNodePort',
    'allocateLoadBalancerNodePorts',
    'loadBalancerClass',
    'externalTrafficPolicy',
  ])
    expect(plain['spec']).not.toHaveProperty(field);
  expect(plain['spec'].ports?.[0]?.nodePort).toBeUndefined();
  await service('np5', {
    type: 'NodePort',
    ports: [
      { name: 'a', port: 80, nodePort: given?.[0]?.nodePort ?? 0 },
      { name: 'b', port: 81, nodePort: healthCheckNodePort },
    ],
  });
  const { object: alias } = await t.merge('services', 'lb', {
    spec: { type: 'ExternalName', externalName: 'example.com' },
  });
  expect(alias['spec'].clusterIP ?? alias['spec'].ipFamilies).toBeUndefined();
  expect(alias['spec']).not.toHaveProperty('internalTrafficPolicy');
  expect(address(clusterIP as string)).toBeUndefined();
  const { object: back } = await t.merge('services', 'lb', { spec: { type: 'ClusterIP', externalName: null } });
  expect(back['spec'].clusterIP).toMatch(/^10\.96\./);
});

test('an address stays, a port keeps its node port by its name', async () => {
  const { object } = await service('stays', {
    type: 'NodePort',
    ports: [
      { name: 'a', port: 80 },
      { name: 'b', port: 81 },
    ],
  });
  const spec = object['spec'];
  const [a, b] = (spec.ports ?? []).map((p) => p.nodePort);
  const { object: next } = await t.merge('services', 'stays', {
    spec: {
      ports: [
        { name: 'b', port: 90 },
        { name: 'c', port: 91 },
        { name: 'a', port: 92 },
      ],
    },
  });
  const ports = Object.fromEntries((next['spec'].ports ?? []).map((p) => [p.name, p.nodePort] as const));
  expect([ports.a, ports.b]).toEqual([a, b]);
  const moved = await refusal(t.merge('services', 'stays', { spec: { clusterIP: '10.96.7.7' } }));
  expect(moved.message).toContain('spec.clusterIPs[0]: Invalid value: ["10.96.7.7"]: may not change once set');
});

test('TCP and UDP of one port share a node port', async () => {
  const { object } = await service('both', {
    type: 'NodePort',
    ports: [
      { name: 't', port: 53 },
      { name: 'u', port: 53, protocol: 'UDP' },
    ],
  });
  const [one, two] = object['spec'].ports ?? [];
  expect(the(one).nodePort).toBe(the(two).nodePort);
});

test('families are those of the cluster (ServiceSpec.ipFamilies, ServiceSpec.ipFamilyPolicy)', async () => {
  const refused = async (spec: object) =>
    (await refusal(service('families', spec))).details?.causes?.map((c) => `${c.field}: ${c.message}`);
  expect(await refused({ ipFamilyPolicy: 'RequireDualStack' })).toEqual([
    'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
  ]);
  expect(await refused({ ipFamilies: ['IPv6'] })).toEqual([
    'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
  ]);
  expect(await refused({ clusterIP: 'fd00::1' })).toEqual([
    'spec.clusterIPs[0]: Invalid value: ["fd00::1"]: IPv6 is not configured on this cluster',
  ]);
  expect(await refused({ clusterIP: 'x' })).toEqual([
    'spec.clusterIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ]);
  expect(await refused({ ipFamilies: ['IPv4', 'IPv6'] })).toEqual([
    "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified",
  ]);
  expect((await service('prefer', { ipFamilyPolicy: 'PreferDualStack' })).object['spec'].ipFamilies).toEqual(['IPv4']);
  expect((await service('bare', { clusterIP: 'None', selector: undefined })).object['spec']).toMatchObject({
    ipFamilies: ['IPv4', 'IPv6'],
    ipFamilyPolicy: 'RequireDualStack',
  });
});

test('the Endpoints of a Service go with it', async () => {
  await service('gone');
  await t.create('endpoints', { metadata: { name: 'gone' }, subsets: [] });
  await t.delete('services', 'gone');
  expect((await refusal(t.get('endpoints', 'gone'))).reason).toBe('NotFound');
});

test('a dry run takes nothing', async () => {
  const { object } = await t.api.create(
    t.ctx(),
    t.target('services'),
    { object: { metadata: { name: 'dry' }, spec: { ports } } as never },
    { dryRun: ['All'] },
  );
  const { clusterIP } = (object as Service).spec ?? {};
  expect(clusterIP).toMatch(/^10\.96\./);
  expect(address(clusterIP ?? '')).toBeUndefined();
});

test('many at once all get their own', async () => {
  const made = await Promise.all(Array.from({ length: 30 }, (_, i) => service(`many-${i}`, { type: 'NodePort' })));
  expect(new Set(made.map((m) => m.object['spec'].clusterIP)).size).toBe(30);
  expect(new Set(made.map((m) => m.object['spec'].ports?.[0]?.nodePort)).size).toBe(30);
});
