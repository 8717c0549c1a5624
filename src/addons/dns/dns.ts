import type { Addon } from '../addon.ts';
import { serveMetrics } from '../metrics-endpoint.ts';
import { Answers } from './answers.ts';
import { ClusterRecords } from './cluster-records.ts';
import { DnsServer } from './dns-server.ts';
import { FollowRoutes } from './follow-routes.ts';
import { Forwarder } from './forwarder.ts';
import { ACCOUNT, manifests, SERVICE } from './manifests.ts';
import { roles } from './roles.ts';

const CODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP'];

/**
 * The cluster's DNS. Pods ask the address of the Service `kube-dns`; the proxy of their node leads from there to this
 * server, on whatever port was free. It answers its own machine and the pods on it, which is where questions come from.
 */
export const dns: Addon = {
  name: 'dns',
  account: ACCOUNT,
  manifests,
  roles,
  async serve({ cluster, machine, client, informers, clock, random, log }) {
    const services = informers.informer('services');
    const slices = informers.informer('endpointslices.discovery.k8s.io');
    const namespaces = informers.informer('namespaces');
    const records = new ClusterRecords({ services, slices, namespaces }, cluster.domain, cluster.dnsIP);
    const routes = new FollowRoutes(client, clock, log);
    const counts = new Map<number, number>();
    // Before that, names that there are would be denied.
    await Promise.all([services.whenSynced(), slices.whenSynced(), namespaces.whenSynced(), routes.start()]);
    const answers = new Answers({
      records,
      forwarder: new Forwarder(clock),
      routes: routes.now,
      clock,
      random,
      answered: (code) => counts.set(code, (counts.get(code) ?? 0) + 1),
    });
    const server = new DnsServer(answers, (address) => machine.isNear(address));
    const port = await server.listen('0.0.0.0');
    const metrics = await serveMetrics(machine, () =>
      [
        '# TYPE coredns_dns_responses_total counter',
        ...[...counts].map(([code, count]) => `coredns_dns_responses_total{rcode="${CODES[code] ?? code}"} ${count}`),
        '',
      ].join('\n'),
    );
    return {
      service: SERVICE,
      ports: [
        { name: 'dns', protocol: 'UDP', port },
        { name: 'dns-tcp', protocol: 'TCP', port },
        { name: 'metrics', protocol: 'TCP', port: metrics.port },
      ],
      stop: () => {
        routes.stop();
        server.close();
        metrics.close();
        return Promise.resolve();
      },
    };
  },
};
