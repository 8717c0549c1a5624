import type { Addon } from '../addon.ts';
import { ClusterRecords } from './cluster-records.ts';
import { DnsServer } from './dns-server.ts';
import { ACCOUNT, manifests, SERVICE } from './manifests.ts';
import { roles } from './roles.ts';

/**
 * The cluster's DNS. Pods ask the address of the Service `kube-dns`; the proxy of their node leads from there to this
 * server, on whatever port was free. It answers its own machine only, which is where proxies ask from.
 */
export const dns: Addon = {
  name: 'dns',
  account: ACCOUNT,
  manifests,
  roles,
  async serve({ cluster, machine, informers, random }) {
    const services = informers.informer('services');
    const slices = informers.informer('endpointslices.discovery.k8s.io');
    const records = new ClusterRecords(services, slices, cluster.domain);
    // Before that, names that there are would be denied.
    await Promise.all([services.whenSynced(), slices.whenSynced()]);
    const server = new DnsServer(records, (address) => machine.owns(address), random);
    const port = await server.listen('0.0.0.0');
    return {
      service: SERVICE,
      ports: [
        { name: 'dns', protocol: 'UDP', port },
        { name: 'dns-tcp', protocol: 'TCP', port },
      ],
      stop: () => Promise.resolve(server.close()),
    };
  },
};
