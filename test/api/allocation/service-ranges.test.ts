import { afterEach, beforeEach, expect, it } from 'vitest';
import { IpRange } from '../../../src/api/allocation/ip-range.ts';
import { FakeApi, type Manifest } from '../../support/fake-api.ts';

const CIDRS = 'servicecidrs.networking.k8s.io';
let api: FakeApi;
beforeEach(async () => {
  api = await FakeApi.open();
});
afterEach(() => api.close());

const cidr = (name: string, ...cidrs: string[]): Manifest => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'ServiceCIDR',
  metadata: { name },
  spec: { cidrs },
});
const service = async (name: string, spec: object = {}) => {
  const [made] = await api.give({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'a' },
    spec: { ports: [{ port: 80 }], ...spec },
  });
  return (made as { spec?: { clusterIP?: string } } | undefined)?.spec?.clusterIP;
};
const setReady = (name: string, status: string) =>
  api.client.patch(
    CIDRS,
    '',
    name,
    {
      status: {
        conditions: [{ type: 'Ready', status, reason: 'x', message: 'm', lastTransitionTime: '2026-01-01T00:00:00Z' }],
      },
    },
    { subresource: 'status' },
  );

it('a Service gets an address of any range that is ready', async () => {
  const asked = { clusterIP: '192.168.7.7' };
  await expect(service('early', asked)).rejects.toThrow('the provided network does not match the current range');
  await api.give(cidr('more', '192.168.7.0/24', 'fd00:7::/64'));
  expect(await service('s', asked)).toBe('192.168.7.7');
  for (const ip of ['192.168.7.0', '192.168.7.255'])
    await expect(service('edge', { clusterIP: ip })).rejects.toThrow('does not match the current range');
  await setReady('more', 'False');
  await expect(service('late', { clusterIP: '192.168.7.8' })).rejects.toThrow('does not match the current range');
  await setReady('more', 'True');
  expect(await service('late', { clusterIP: '192.168.7.8' })).toBe('192.168.7.8');
});

it('another range gives where one is full', async () => {
  await setReady('kubernetes', 'False');
  await expect(service('none')).rejects.toThrow('failed to allocate a serviceIP: range is full');
  await api.give(cidr('a', '192.168.7.0/30'), cidr('b', '192.168.8.0/31'), cidr('c', '192.168.9.4/30'));
  const given = [await service('s1'), await service('s2'), await service('s3'), await service('s4')];
  expect(given.sort()).toEqual(['192.168.7.1', '192.168.7.2', '192.168.9.5', '192.168.9.6']);
  await expect(service('s5')).rejects.toThrow('failed to allocate a serviceIP: range is full');
});

it('the default ServiceCIDR comes again, and says when it is another than was configured', async () => {
  const there = () => api.list(CIDRS);
  await api.client.delete(CIDRS, '', 'kubernetes');
  await api.quiet();
  expect(
    (await there()).map(({ metadata, spec, status }) => [metadata.name, spec.cidrs, status.conditions]),
  ).toMatchObject([
    [
      'kubernetes',
      ['10.96.0.0/16'],
      [{ type: 'Ready', status: 'True', message: 'Kubernetes default Service CIDR is ready' }],
    ],
  ]);
  const other = await FakeApi.open({ store: api.store, serviceCidr: '10.97.0.0/16' });
  await other.quiet();
  expect((await api.list('events')).map(({ reason, message }) => `${reason} ${message}`)).toEqual([
    'KubernetesDefaultServiceCIDRInconsistent The default ServiceCIDR [10.96.0.0/16] does not match the controller flag configurations [10.97.0.0/16]',
  ]);
  await other.api.close();
});

it.each(['10.97.0.0/31', '10.97.0.0/32', '10.97.0.0/33'])(
  'no cluster begins with the range %s',
  async (serviceCidr) => {
    await expect(FakeApi.open({ serviceCidr })).rejects.toThrow(serviceCidr);
  },
);

it.each([
  ['10.0.0.0/24', 17, 254],
  ['10.0.0.0/28', 1, 14],
  ['10.0.0.0/30', 1, 2],
  ['10.0.0.0/16', 257, 65_534],
])('an address is drawn from the upper part of %s first: from %i to %i', (text, first, last) => {
  const drawn = (random: number) =>
    Number(
      new IpRange(text)
        .pick(
          () => true,
          () => random,
        )
        ?.split('.')
        .slice(2)
        .reduce((a, b) => String(Number(a) * 256 + Number(b))),
    );
  expect([drawn(0), drawn(0.999_999_9)]).toEqual([first, last]);
});
