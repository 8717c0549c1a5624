import { expect, it } from 'vitest';
import type { Service } from '../../../schema/types.ts';
import { bindingsOf } from '../../../src/nodes/network/service-bindings.ts';

const service = (name: string, spec: Partial<Service['spec']>, port = 53): Service =>
  ({
    metadata: { name, namespace: 'default', uid: name },
    spec: { ports: [{ port, protocol: 'UDP' }], ...spec },
  }) as Service;
const places = (services: Service[], bridged = true): string[] =>
  bindingsOf(services, ['192.0.2.9'], bridged).map(({ service, address, port }) =>
    [service.metadata.name, address, port].join(' '),
  );

it('listens on cluster IPs, external IPs and node ports', () => {
  const web = service('web', { clusterIPs: ['10.96.0.7', 'fd00::7'], externalIPs: ['198.51.100.1'] });
  web.spec!.ports![0]!.nodePort = 30053;
  expect(places([web])).toEqual(['web 192.0.2.9 30053', 'web 10.96.0.7 53', 'web 198.51.100.1 53']);
  expect(places([web], false)).toEqual(['web 192.0.2.9 30053']);
});

it("takes no connections to another's cluster IP, whichever service was there first", () => {
  const dns = service('kube-dns', { clusterIP: '10.96.0.10' });
  const thief = service('a-thief', { clusterIP: '10.96.0.11', externalIPs: ['10.96.0.10', '198.51.100.1'] });
  const wanted = ['a-thief 10.96.0.11 53', 'a-thief 198.51.100.1 53', 'kube-dns 10.96.0.10 53'];
  expect(places([thief, dns]).sort()).toEqual(wanted);
  expect(places([dns, thief]).sort()).toEqual(wanted);
});

it("takes no pod's address from the pod", () => {
  const thief = service('thief', {
    clusterIP: '10.96.0.11',
    externalIPs: ['10.244.0.5', '10.244.7.1', '198.51.100.1'],
  });
  expect(places([thief])).toEqual(['thief 10.96.0.11 53', 'thief 198.51.100.1 53']);
});

it('listens nowhere for what has no address, and twice nowhere', () => {
  const own = service('own', { clusterIP: '10.96.0.7', externalIPs: ['10.96.0.7'] });
  const keys = bindingsOf(
    [service('headless', { clusterIP: 'None' }), service('out', { type: 'ExternalName' }), own],
    [],
    true,
  ).map(({ key }) => key);
  expect(new Set(keys)).toEqual(new Set(['own//UDP/10.96.0.7/53']));
});
