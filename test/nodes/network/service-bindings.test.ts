import { expect, it } from 'vitest';
import type { Pod, Service } from '../../../schema/types.ts';
import { hostPortsOf } from '../../../src/nodes/network/host-ports.ts';
import { bindingsOf } from '../../../src/nodes/network/service-bindings.ts';
import { clusterIPsOf, routesOf } from '../../../src/nodes/network/service-routes.ts';

const service = (name: string, spec: Partial<Service['spec']>, port = 53, status = {}): Service =>
  ({
    metadata: { name, namespace: 'default', uid: name },
    spec: { ports: [{ port, protocol: 'UDP' }], ...spec },
    status,
  }) as Service;

const ALL = [{ address: '10.244.0.2', port: 1 }];
const LOCAL = [{ address: '10.244.0.3', port: 1 }];
const routes = (services: readonly Service[]) => {
  const taken = new Set(services.flatMap(clusterIPsOf));
  const endpoints = { cluster: ALL, local: LOCAL, localReady: 1 };
  return services.flatMap((each) =>
    routesOf(
      each,
      (ip) => taken.has(ip),
      () => endpoints,
    ),
  );
};
const bindings = (services: readonly Service[], bridged = true, pods: readonly Pod[] = []) =>
  bindingsOf(routes(services), hostPortsOf(pods), ['192.0.2.9'], bridged);
const places = (services: readonly Service[], bridged = true, pods: readonly Pod[] = []): string[] =>
  bindings(services, bridged, pods).bindings.map(({ about, address, port }) =>
    [about.metadata.name, address, port].join(' '),
  );

it('listens on cluster IPs, external IPs and node ports', () => {
  const web = service('web', { clusterIPs: ['10.96.0.7', 'fd00::7'], externalIPs: ['198.51.100.1'] });
  web.spec!.ports![0]!.nodePort = 30053;
  expect(places([web])).toEqual(['web 192.0.2.9 30053', 'web 10.96.0.7 53', 'web 198.51.100.1 53']);
  expect([...bindings([web]).addresses]).toEqual(['10.96.0.7', '198.51.100.1']);
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
  const headless = service('headless', { clusterIP: 'None' });
  expect(places([headless, service('out', { type: 'ExternalName' }), own])).toEqual(['own 10.96.0.7 53']);
});

it('takes the addresses of a load balancer, but those that it passes on itself, from those who may', () => {
  const ingress = [{ ip: '198.51.100.1' }, { ip: '198.51.100.2', ipMode: 'Proxy' }, { hostname: 'lb.example' }];
  const spec = {
    type: 'LoadBalancer' as const,
    clusterIP: '10.96.0.7',
    loadBalancerSourceRanges: ['192.0.2.0/24', 'any'],
  };
  const [inner, balanced, ...rest] = bindings([service('web', spec, 80, { loadBalancer: { ingress } })]).bindings;
  expect(inner).toMatchObject({ address: '10.96.0.7', sourceRanges: [] });
  expect(balanced).toMatchObject({ address: '198.51.100.1', sourceRanges: ['192.0.2.0/24'] });
  expect(rest).toEqual([]);
});

it('leads to all endpoints or to those of the node, as the traffic policies say', () => {
  const spec = { clusterIP: '10.96.0.7', externalIPs: ['198.51.100.1'] };
  const targets = (more: object) => bindings([service('web', { ...spec, ...more })]).bindings.map((b) => b.targets);
  expect(targets({})).toEqual([ALL, ALL]);
  expect(targets({ internalTrafficPolicy: 'Local' })).toEqual([LOCAL, ALL]);
  expect(targets({ externalTrafficPolicy: 'Local' })).toEqual([ALL, LOCAL]);
});

it('leads host ports to their pods, each place to the older one', () => {
  const pod = (name: string, created: string, ports: object[], spec = {}): Pod =>
    ({
      metadata: { name, namespace: 'default', uid: name, creationTimestamp: created },
      spec: { containers: [{ name: 'c', ports }], ...spec },
      status: { podIP: '10.244.0.9' },
    }) as Pod;
  const pods = [
    pod('second', '2026-01-02T00:00:00Z', [{ containerPort: 80, hostPort: 8080, protocol: 'TCP' }]),
    pod('first', '2026-01-01T00:00:00Z', [
      { containerPort: 80, hostPort: 8080, protocol: 'TCP' },
      { containerPort: 80, hostPort: 8080, hostIP: '127.0.0.1', protocol: 'TCP' },
      { containerPort: 80, hostPort: 8080, protocol: 'UDP' },
      { containerPort: 81, protocol: 'TCP' },
    ]),
    pod('host', '2026-01-01T00:00:00Z', [{ containerPort: 90, hostPort: 90, protocol: 'TCP' }], { hostNetwork: true }),
  ];
  expect(places([], true, pods)).toEqual(['first 192.0.2.9 8080', 'first 127.0.0.1 8080', 'first 192.0.2.9 8080']);
});
