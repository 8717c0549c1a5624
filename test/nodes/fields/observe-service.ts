import type { Service } from '../../../schema/types.ts';
import { EndpointTable } from '../../../src/nodes/network/endpoint-table.ts';
import { createTable } from '../../../src/nodes/network/nftables/nft-table.ts';
import { serviceTable } from '../../../src/nodes/network/nftables/service-table.ts';
import { bindingsOf } from '../../../src/nodes/network/service-bindings.ts';
import { clusterIPsOf, routesOf } from '../../../src/nodes/network/service-routes.ts';
import { GivenInformers } from '../../support/given-informers.ts';

/** What is said of the Service; all else is given. */
export type TrialService = Partial<Omit<NonNullable<Service['spec']>, 'ports'>> & { port?: object };

/** One endpoint is the node's, one is elsewhere, and one is about to go. */
const ENDPOINTS = [
  { addresses: ['10.244.0.2'], nodeName: 'n1' },
  { addresses: ['10.244.1.2'], nodeName: 'n2' },
  { addresses: ['10.244.0.3'], nodeName: 'n1' },
];
const BALANCED = { loadBalancer: { ingress: [{ ip: '198.51.100.7' }] } };

/** How either proxy of a node leads to a Service: the kernel's table, and where the agent itself would listen. */
export function observeService({ port, ...spec }: TrialService): string {
  const informers = new GivenInformers();
  const metadata = { name: 'web', namespace: 'a', uid: 'web', resourceVersion: '1', creationTimestamp: '' };
  informers.put('endpointslices.discovery.k8s.io', {
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    ports: ['', 'other'].map((name, n) => ({ name, port: 8080 + n })),
    endpoints: ENDPOINTS,
  } as never);
  informers.put('pods', {
    metadata: { ...metadata, name: 'going', deletionTimestamp: '2026-01-01T00:00:00Z' },
    status: { podIP: '10.244.0.3' },
  } as never);
  const slices = informers.informer('endpointslices.discovery.k8s.io');
  const endpoints = new EndpointTable(slices, informers.informer('pods'), () => ({ nodeName: 'n1', zone: undefined }));
  const service: Service = {
    metadata,
    spec: { type: 'LoadBalancer', clusterIP: '10.96.0.7', ports: [{ port: 80, ...port }], ...spec },
    status: BALANCED,
  };
  const taken = new Set(clusterIPsOf(service));
  const routes = routesOf(
    service,
    (ip) => taken.has(ip),
    (name) => endpoints.reachable(service, name),
  );
  const scope = { name: 'ku7s0', cidr: '10.244.0.0/24', nodePortAddresses: undefined };
  const table = createTable(serviceTable(scope, routes, [], (address) => address.startsWith('10.244.0.')));
  const { bindings } = bindingsOf(routes, [], ['192.0.2.1'], true);
  return JSON.stringify([table, bindings.map(({ about: _, ...binding }) => binding)]);
}
