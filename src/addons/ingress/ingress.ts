import { createSecureContext } from 'node:tls';
import type { Addon, ServeContext, Serving } from '../addon.ts';
import { serveMetrics } from '../metrics-endpoint.ts';
import { Certificates } from './certificates.ts';
import { Endpoints } from './endpoints.ts';
import type { Entry } from './exchange.ts';
import { ExtraPorts } from './extra-ports.ts';
import { FollowAddress } from './follow-address.ts';
import { gatewayLoop } from './gateway/gateway-status.ts';
import { resolve } from './gateway/resolve.ts';
import { World } from './gateway/world.ts';
import type { Route } from './route.ts';
import { ExternalNames } from './external-names.ts';
import { waysOfIngresses } from './ingress-sources.ts';
import { ingressStatus } from './ingress-status.ts';
import { entriesOf, listenNear, type Listening } from './listen.ts';
import { ACCOUNT, manifests, SERVICE } from './manifests.ts';
import { Proxy } from './proxy.ts';
import { Reach } from '../reach.ts';
import { Rebuild } from './rebuild.ts';
import { roles } from './roles.ts';
import { RouteTable } from './route-table.ts';
import { Traffic } from './traffic.ts';

/** How long requests may go on when the proxy stops, ms. */
const GRACE_MS = 4000;
const NOWHERE = new RouteTable([]);

/**
 * The way into the cluster for HTTP and HTTPS. One proxy in each process takes requests and leads them to the endpoints
 * of Services, as Ingresses of the class `ku7s` say; the process that leads writes where it is found.
 */
export const ingress: Addon = {
  name: 'ingress',
  account: ACCOUNT,
  manifests,
  roles,
  // of the others none is a certificate's, and nothing else of a Secret is needed here
  selects: { secrets: 'type=kubernetes.io/tls' },
  loops: () => [ingressStatus, gatewayLoop()],
  serve,
};

async function serve(context: ServeContext): Promise<Serving> {
  const { cluster, machine, informers, clock, random, log, certify } = context;
  const settings = cluster.ingress;
  const ingresses = informers.informer('ingresses.networking.k8s.io');
  const classes = informers.informer('ingressclasses.networking.k8s.io');
  const services = informers.informer('services');
  const slices = informers.informer('endpointslices.discovery.k8s.io');
  const secrets = informers.informer('secrets');
  const serviceCIDRs = informers.informer('servicecidrs.networking.k8s.io');
  const traffic = new Traffic();
  const reach = new Reach({ machine, slices, serviceCIDRs, pods: () => informers.informer('pods') });
  const proxy = new Proxy({
    endpoints: new Endpoints(services, slices),
    reach,
    names: new ExternalNames(reach, cluster.domain),
    clock,
    random,
    traffic,
    access: settings.accessLog ? (line) => log('request', line) : undefined,
  });
  const own = await certify(SERVICE);
  const certificates = new Certificates(secrets, createSecureContext(own));
  // Before that, what there is would be denied.
  await Promise.all([ingresses, classes, services, slices, secrets, serviceCIDRs].map((each) => each.whenSynced()));

  const tables = new Map<number, RouteTable>();
  const http: Entry = { tls: false, port: 0, tlsPort: 0, routes: () => tables.get(80) ?? NOWHERE };
  const https: Entry = { tls: true, port: 0, tlsPort: 0, routes: () => tables.get(443) ?? NOWHERE };
  const rebuild = new Rebuild(clock, () => {
    const { defaults, ...ways } = waysOfIngresses(ingresses, classes);
    const gateways = resolve(world);
    certificates.use(new Map([...gateways.certificates, ...ways.certificates]));
    const rulesOf = (port: number): readonly Route[] => gateways.ports.get(port)?.rules ?? [];
    tables.clear();
    for (const port of [80, 443]) tables.set(port, new RouteTable([...ways.rules, ...rulesOf(port)], defaults));
    for (const port of gateways.ports.keys()) if (!tables.has(port)) tables.set(port, new RouteTable(rulesOf(port)));
    const others = [...gateways.ports].filter(([port]) => port !== 80 && port !== 443);
    ports.use(new Map(others.map(([port, { tls: isTls }]) => [port, isTls])));
  });
  const world = new World(informers, rebuild.soon);
  const listening: Listening[] = [];
  const follow = new FollowAddress({
    machine,
    clock,
    log,
    use: async (now) => {
      await Promise.all([...listening.map((each) => each.use(now)), ports.move(now)]);
    },
  });
  const addresses = (): readonly string[] => (settings.address ? [settings.address] : follow.current);
  const tls = { ...own, contextFor: (name: string) => certificates.contextFor(name) };
  const ports = new ExtraPorts(
    (port, isTls) => {
      const routes = (): RouteTable => tables.get(port) ?? NOWHERE;
      const entry: Entry = { tls: isTls, port, tlsPort: https.port, routes };
      return listenNear(addresses(), port, 80, entriesOf(proxy, entry, isTls ? tls : undefined));
    },
    (port, error) => log('a port of a Gateway is not served', { port, error }),
  );
  const unfollow = [
    ...[ingresses, classes].map((each) => each.follow(rebuild.soon)),
    ...[secrets, services, informers.informer('namespaces')].map((each) =>
      each.follow(() => world.has('gateways') && rebuild.soon()),
    ),
  ];
  const metrics = await serveMetrics(machine, () => traffic.text());
  const stop = async (): Promise<void> => {
    for (const end of unfollow) end();
    world.stop();
    rebuild.stop();
    follow.stop();
    await ports.close(GRACE_MS);
    await Promise.all(listening.map((each) => each.close(GRACE_MS)));
    proxy.close();
    metrics.close();
  };
  try {
    for (const [entry, asked, usual] of [
      [http, settings.httpPort, 80],
      [https, settings.httpsPort, 443],
    ] as const) {
      const near = await listenNear(addresses(), asked, usual, entriesOf(proxy, entry, entry.tls ? tls : undefined));
      listening.push(near);
      entry.port = near.port;
    }
  } catch (error) {
    await stop();
    throw error;
  }
  http.tlsPort = https.tlsPort = https.port;
  rebuild.now();
  if (!settings.address) follow.start();
  log('takes requests', { addresses: addresses(), http: http.port, https: https.port });
  return {
    service: SERVICE,
    ports: [
      { name: 'http', protocol: 'TCP', port: http.port },
      { name: 'https', protocol: 'TCP', port: https.port },
      { name: 'metrics', protocol: 'TCP', port: metrics.port },
    ],
    stop,
  };
}
