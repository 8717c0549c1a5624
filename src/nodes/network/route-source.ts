import type { EndpointSlice, Node, Pod, Service } from '../../../schema/types.ts';
import type { Informer } from '../../client/contract.ts';
import { servicesOfSlice } from '../../rules/service-slices.ts';
import { EndpointTable } from './endpoint-table.ts';
import { hostPortsOf, type HostPort } from './host-ports.ts';
import { clusterIPsOf, routesOf, type ServiceRoute } from './service-routes.ts';
import type { ServiceProxyOptions } from './service-proxy.ts';

const BY_ENDPOINT = 'endpoint';
const ZONE = 'topology.kubernetes.io/zone';

/** The routes of all Services as they are now; only those of a Service that has changed are made anew. */
export class RouteSource {
  private readonly services: Informer<Service>;
  private readonly slices: Informer<EndpointSlice>;
  private readonly nodes: Informer<Node>;
  private readonly pods: Informer<Pod>;
  private readonly table: EndpointTable;
  /** by `namespace/name` */
  private readonly known = new Map<string, readonly ServiceRoute[]>();
  private readonly owners = new Map<string, number>();
  private unsubscribe: (() => void)[] = [];

  constructor(private readonly options: Pick<ServiceProxyOptions, 'nodeName' | 'informers' | 'pods' | 'nodes'>) {
    const { informers, pods, nodes, nodeName } = options;
    this.services = informers.informer('services');
    this.slices = informers.informer('endpointslices.discovery.k8s.io');
    this.nodes = nodes;
    this.pods = pods;
    this.slices.addIndex(BY_ENDPOINT, ({ endpoints }) => (endpoints ?? []).flatMap(({ addresses }) => addresses));
    this.table = new EndpointTable(this.slices, pods, () => ({ nodeName, zone: this.zone }));
  }

  /** Resolves when all is known. @param changed called after each change that may matter */
  async start(changed: () => void): Promise<void> {
    this.unsubscribe = [
      this.services.follow((service, old) => {
        this.forgetService(service ?? old);
        this.own(old, service);
        changed();
      }),
      this.slices.follow((slice, old) => {
        for (const each of [slice, old]) if (each) for (const key of servicesOfSlice(each)) this.known.delete(key);
        changed();
      }),
      this.pods.follow((pod, old) => {
        if (pod && old && samePlace(pod, old)) return;
        for (const ip of [pod?.status?.podIP, old?.status?.podIP]) {
          for (const slice of ip ? this.slices.index(BY_ENDPOINT, ip) : [])
            for (const key of servicesOfSlice(slice)) this.known.delete(key);
        }
        changed();
      }),
      this.nodes.follow((node, old) => {
        if (node?.metadata.labels?.[ZONE] === old?.metadata.labels?.[ZONE]) return;
        this.known.clear();
        changed();
      }),
    ];
    await Promise.all([this.services.whenSynced(), this.slices.whenSynced(), this.pods.whenSynced()]);
  }

  stop(): void {
    for (const each of this.unsubscribe) each();
  }

  /** Those of the Service that is older first. */
  routes(): ServiceRoute[] {
    return this.services
      .list()
      .toSorted(byAge)
      .flatMap((service) => this.routesOf(service));
  }

  /** The route as it is now; undefined when it is no more. */
  route(namespace: string, name: string, route: string): ServiceRoute | undefined {
    const service = this.services.get(namespace, name);
    return service && this.routesOf(service).find((each) => each.name === route);
  }

  hostPorts(): HostPort[] {
    return hostPortsOf(this.pods.list());
  }

  node(): Node | undefined {
    return this.nodes.get('', this.options.nodeName);
  }

  private get zone(): string | undefined {
    return this.node()?.metadata.labels?.[ZONE];
  }

  private routesOf(service: Service): readonly ServiceRoute[] {
    const key = keyOf(service);
    let routes = this.known.get(key);
    if (!routes) {
      const isClusterIP = (ip: string): boolean => this.owners.has(ip);
      routes = routesOf(service, isClusterIP, (portName) => this.table.reachable(service, portName));
      this.known.set(key, routes);
    }
    return routes;
  }

  private forgetService(service: Service | undefined): void {
    if (service) this.known.delete(keyOf(service));
  }

  /** A cluster IP comes or goes: it changes what others may have for their external IPs. */
  private own(old: Service | undefined, service: Service | undefined): void {
    const [before, after] = [old, service].map((each) => (each ? clusterIPsOf(each) : []));
    if (String(before) === String(after)) return;
    for (const ip of after ?? []) this.owners.set(ip, (this.owners.get(ip) ?? 0) + 1);
    for (const ip of before ?? []) {
      const count = (this.owners.get(ip) ?? 0) - 1;
      if (count > 0) this.owners.set(ip, count);
      else this.owners.delete(ip);
    }
    for (const [key, routes] of this.known)
      if (
        routes.some(
          ({ service: { spec, status } }) => spec?.externalIPs?.length || status?.loadBalancer?.ingress?.length,
        )
      )
        this.known.delete(key);
  }
}

const keyOf = ({ metadata }: Service): string => `${metadata.namespace}/${metadata.name}`;

/** Whether nothing has changed that a route or a host port is made of. */
const samePlace = (a: Pod, b: Pod): boolean =>
  a.status?.podIP === b.status?.podIP &&
  a.status?.phase === b.status?.phase &&
  a.metadata.uid === b.metadata.uid &&
  a.metadata.deletionTimestamp === b.metadata.deletionTimestamp;

const byAge = (a: Service, b: Service): number =>
  (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') ||
  a.metadata.uid.localeCompare(b.metadata.uid);
