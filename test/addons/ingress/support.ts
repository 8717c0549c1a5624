import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { createSecureContext } from 'node:tls';
import { Certificates } from '../../../src/addons/ingress/certificates.ts';
import { Endpoints } from '../../../src/addons/ingress/endpoints.ts';
import { EntryServer } from '../../../src/addons/ingress/entry-server.ts';
import type { Entry } from '../../../src/addons/ingress/exchange.ts';
import { Proxy, type ProxyOptions } from '../../../src/addons/ingress/proxy.ts';
import { waysOfIngresses } from '../../../src/addons/ingress/ingress-sources.ts';
import { RouteTable } from '../../../src/addons/ingress/route-table.ts';
import { Traffic } from '../../../src/addons/ingress/traffic.ts';
import { makeCertificate } from '../../../src/start/certificates.ts';
import { realClock } from '../../nodes/support.ts';
import { GivenInformers } from '../../support/given-informers.ts';

const SLICES = 'endpointslices.discovery.k8s.io';
const INGRESSES = 'ingresses.networking.k8s.io';
const CLASSES = 'ingressclasses.networking.k8s.io';

/** A proxy of Ingresses over informers that a test fills; endpoints may be on the loopback. */
export class TestEdge {
  readonly informers = new GivenInformers();
  readonly traffic = new Traffic();
  readonly proxy: Proxy;
  private readonly servers: Server[] = [];
  private readonly entries: EntryServer[] = [];
  httpPort = 0;
  httpsPort = 0;
  /** other than those of Ingresses */
  table: RouteTable | undefined;

  private constructor(options: Partial<ProxyOptions>) {
    this.informers.put(CLASSES, {
      metadata: { name: 'ku7s' },
      spec: { controller: 'ku7s.io/ingress-controller' },
    } as never);
    this.proxy = new Proxy({
      endpoints: new Endpoints(this.informers.informer('services'), this.informers.informer(SLICES)),
      reach: { allowed: (ip) => ip },
      names: { addresses: (name) => Promise.resolve(name === 'outside.example' ? ['127.0.0.1'] : []) },
      clock: realClock,
      random: () => 0,
      traffic: this.traffic,
      ...options,
    });
  }

  static async start(options: Partial<ProxyOptions> = {}): Promise<TestEdge> {
    const edge = new TestEdge(options);
    const routes = (): RouteTable => edge.routes();
    const http: Entry = { tls: false, port: 80, tlsPort: 443, routes };
    const https: Entry = { tls: true, port: 443, tlsPort: 443, routes };
    const own = await makeCertificate({ commonName: 'own' }, undefined, ['own']);
    const certificates = new Certificates(edge.informers.informer('secrets'), createSecureContext(own));
    const contextFor = (name: string) => {
      certificates.use(
        waysOfIngresses(edge.informers.informer(INGRESSES), edge.informers.informer(CLASSES)).certificates,
      );
      return certificates.contextFor(name);
    };
    edge.entries.push(new EntryServer(edge.proxy, http), new EntryServer(edge.proxy, https, { ...own, contextFor }));
    edge.httpPort = await edge.entries[0]!.listen(0, '127.0.0.1');
    edge.httpsPort = await edge.entries[1]!.listen(0, '127.0.0.1');
    return edge;
  }

  private routes(): RouteTable {
    if (this.table) return this.table;
    const ways = waysOfIngresses(this.informers.informer(INGRESSES), this.informers.informer(CLASSES));
    return new RouteTable(ways.rules, ways.defaults);
  }

  /** A Service of `default` with an HTTP server behind it; its port is 80, named `web`. */
  async serve(
    name: string,
    answer: RequestListener,
    more: { appProtocol?: string; server?: Server } = {},
  ): Promise<Server> {
    const server = more.server ?? createServer();
    if (!more.server) server.on('request', answer);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.servers.push(server);
    this.service(name, [(server.address() as AddressInfo).port], more.appProtocol);
    return server;
  }

  /** A Service of `default` whose endpoints are these ports of this machine. */
  service(name: string, ports: readonly number[], appProtocol?: string): void {
    const port = { name: 'web', ...(appProtocol && { appProtocol }) };
    this.informers.put('services', {
      metadata: { name, namespace: 'default' },
      spec: { ports: [{ ...port, port: 80 }] },
    } as never);
    ports.forEach((number, i) =>
      this.informers.put(SLICES, {
        metadata: { name: `${name}-${i}`, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
        addressType: 'IPv4',
        ports: [{ ...port, port: number }],
        endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
      } as never),
    );
  }

  /** An Ingress of `default`. */
  ingress(name: string, spec: object, annotations: Record<string, string> = {}): void {
    const metadata = { name, namespace: 'default', annotations, creationTimestamp: '2026-01-01T00:00:00Z' };
    this.informers.put(INGRESSES, { metadata, spec: { ingressClassName: 'ku7s', ...spec } } as never);
  }

  /** An Ingress that leads all of a host to a Service. */
  route(host: string, service: string, annotations: Record<string, string> = {}): void {
    this.ingress(`${service}-${host}`, { rules: [{ host, http: { paths: [pathTo('/', service)] } }] }, annotations);
  }

  async close(): Promise<void> {
    await Promise.all(this.entries.map((entry) => entry.close(1000)));
    this.proxy.close();
    for (const server of this.servers) {
      server.close();
      server.closeAllConnections?.();
    }
  }
}

export const pathTo = (path: string, service: string, pathType = 'Prefix', port: object = { number: 80 }) => ({
  path,
  pathType,
  backend: { service: { name: service, port } },
});

/** Sends bytes; resolves with all that comes until the other side ends, or until `enough`. */
export function raw(
  port: number,
  bytes: string | Buffer,
  enough: (text: string) => boolean = () => false,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (enough(text)) socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => resolve(text));
  });
}
