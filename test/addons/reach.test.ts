import { expect, it } from 'vitest';
import { Reach } from '../../src/addons/reach.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { GivenInformers } from '../support/given-informers.ts';
import { machineWith } from './support.ts';

const SLICES = 'endpointslices.discovery.k8s.io';
const informers = new GivenInformers();
informers.put('servicecidrs.networking.k8s.io', {
  metadata: { name: 'kubernetes' },
  spec: { cidrs: ['10.96.0.0/16'] },
} as never);
informers.put(SLICES, {
  metadata: { name: 'kubernetes', namespace: 'default', labels: { 'kubernetes.io/service-name': 'kubernetes' } },
  addressType: 'IPv4',
  ports: [{ name: 'https', port: 6443 }],
  endpoints: [{ addresses: ['192.0.2.9'] }],
} as never);
const pod = (name: string, hostNetwork: boolean, phase = 'Running') =>
  informers.put('pods', {
    metadata: { name, namespace: 'a' },
    spec: { hostNetwork },
    status: { phase, podIPs: [{ ip: '192.0.2.7' }] },
  } as never);
pod('host', true);
pod('other', false);
pod('done', true, 'Succeeded');
let asked = 0;
const reach = new Reach({
  machine: machineWith(new FakeClock(), ['192.0.2.7', '127.0.0.1', '10.244.0.1']),
  slices: informers.informer(SLICES),
  serviceCIDRs: informers.informer('servicecidrs.networking.k8s.io'),
  pods: () => {
    asked++;
    return informers.informer('pods');
  },
});
const of = (name: string, namespace = 'a') => ({ addresses: [], targetRef: { kind: 'Pod', name, namespace } });

it.each([
  ['a pod', '10.244.0.5', 80, true],
  ['an address elsewhere', '198.51.100.7', 443, true],
  ['one of IPv6', '2001:db8::1', 80, true],
  ['the loopback', '127.0.0.1', 80, false],
  ['the loopback of pods', '127.1.0.5', 80, false],
  ['the loopback of IPv6', '::1', 80, false],
  ['the loopback within IPv6', '::ffff:127.0.0.1', 80, false],
  ['this network', '0.0.0.0', 80, false],
  ['link-local, where clouds tell of themselves', '169.254.169.254', 80, false],
  ['link-local of IPv6', 'fe80::1', 80, false],
  ['multicast', '224.0.0.1', 80, false],
  ['a Service', '10.96.0.1', 443, false],
  ['a Service within IPv6', '::ffff:10.96.0.1', 443, false],
  ['the API', '192.0.2.9', 6443, false],
  ['another port there', '192.0.2.9', 80, true],
  ['this machine', '192.0.2.7', 5432, false],
  ['this machine within IPv6', '::ffff:192.0.2.7', 5432, false],
  ['the gateway of pods', '10.244.0.1', 80, false],
  ['no port', '10.244.0.5', 0, false],
  ['a name', 'localhost', 80, false],
] as const)('%s', (_, ip, port, expected) => {
  expect(reach.allowed(ip, port, 'a') !== undefined).toBe(expected);
});

it('needs to know no pods where no endpoint has an address of this machine', () => {
  asked = 0;
  reach.allowed('10.244.0.5', 80, 'a', of('host'));
  expect(asked).toBe(0);
});

it.each([
  ['a pod in the network of the machine', of('host'), true],
  ['a pod that is not', of('other'), false],
  ['a pod that has ended', of('done'), false],
  ['a pod that is not there', of('none'), false],
  ['a pod of another namespace', of('host', 'b'), false],
])('an endpoint at this machine is led to for %s: %#', (_, endpoint, expected) => {
  expect(reach.allowed('192.0.2.7', 80, 'a', endpoint) !== undefined).toBe(expected);
});
